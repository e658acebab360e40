import * as z from 'zod';
import { contract } from './contract.ts';
import { amount, money, reason } from './fields.ts';

const order = z.object({ orderId: z.uuid(), userId: z.uuid() });

const ofTheOrder = {
  subject: ({ orderId }: { orderId: string }) => orderId,
  partitionKey: ({ orderId }: { orderId: string }) => orderId,
};

export const orderPlaced = contract({
  type: 'dev.kagari.order.placed.v1',
  schema: order.extend({
    items: z
      .array(z.object({ sku: z.string().min(1), quantity: z.int().positive(), unitAmount: amount }))
      .min(1),
    total: money,
    /** What the customer pays with; only the bank knows what is behind it. */
    paymentToken: z.string().min(1),
  }),
  ...ofTheOrder,
});

export const orderPaid = contract({
  type: 'dev.kagari.order.paid.v1',
  schema: order.extend({ paymentId: z.uuid(), total: money }),
  ...ofTheOrder,
});

export const orderFailed = contract({
  type: 'dev.kagari.order.failed.v1',
  schema: order.extend({ reason }),
  ...ofTheOrder,
});

export const orderCancelled = contract({
  type: 'dev.kagari.order.cancelled.v1',
  schema: order.extend({
    /** What had been paid and goes back; absent where the order had not been paid. */
    refund: money.optional(),
  }),
  ...ofTheOrder,
});
