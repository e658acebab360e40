import * as z from 'zod';
import { contract } from './contract.ts';
import { amount, currency, reason } from './fields.ts';

const payment = z.object({ paymentId: z.uuid(), orderId: z.uuid(), userId: z.uuid() });

const ofThePayment = {
  subject: ({ paymentId }: { paymentId: string }) => paymentId,
  partitionKey: ({ orderId }: { orderId: string }) => orderId,
};

/** The bank has the charge. */
export const paymentInitiated = contract({
  type: 'dev.kagari.payment.initiated.v1',
  schema: payment.extend({ amount, currency }),
  ...ofThePayment,
});

export const paymentSucceeded = contract({
  type: 'dev.kagari.payment.succeeded.v1',
  schema: payment,
  ...ofThePayment,
});

export const paymentFailed = contract({
  type: 'dev.kagari.payment.failed.v1',
  schema: payment.extend({ reason }),
  ...ofThePayment,
});

export const paymentRefunded = contract({
  type: 'dev.kagari.payment.refunded.v1',
  schema: payment,
  ...ofThePayment,
});
