import * as z from 'zod';
import { operation } from '../kit/operation.ts';

const Status = z.enum(['initiated', 'succeeded', 'failed', 'refunded']);

/** A UUID of any version: one that nothing has is 404. */
const anyId = z.guid();

export const PaymentStatus = z.strictObject({
  paymentId: z.uuid(),
  orderId: z.uuid(),
  status: Status,
  captures: z.int().min(0),
  history: z.array(z.strictObject({ status: Status, at: z.iso.datetime() })),
});

/** What the bank tells; what else it may add is not ours to refuse. */
export const BankWebhook = z.object({
  type: z.enum(['charge.captured', 'charge.failed']),
  timestamp: z.iso.datetime(),
  data: z.object({ paymentId: anyId, reason: z.string().min(1).max(500).nullable() }),
});

export const operations = {
  initiatePayment: operation({
    method: 'post',
    path: '/initiate',
    access: 'customer',
    summary: 'Have the payment of an own order charged',
    description: 'An order has one payment, made when it was placed; asking again changes nothing.',
    body: z.strictObject({ orderId: anyId }),
    responses: {
      202: { description: 'The payment of the order', schema: z.strictObject({ paymentId: z.uuid() }) },
      404: { description: 'No such order of yours' },
    },
  }),
  paymentStatus: operation({
    method: 'get',
    path: '/status',
    access: 'customer',
    summary: 'How an own payment stands, with its captures as the bank counts them',
    query: z
      .strictObject({
        paymentId: z.string().max(255).optional().describe('Either this'),
        orderId: z.string().max(255).optional().describe('or this'),
      })
      .refine(({ paymentId, orderId }) => (paymentId === undefined) !== (orderId === undefined), {
        error: 'either paymentId or orderId',
      }),
    responses: {
      200: { description: 'The payment', schema: PaymentStatus },
      404: { description: 'No such payment of yours' },
      503: { description: 'The bank does not answer' },
    },
  }),
  receiveWebhook: operation({
    method: 'post',
    path: '/webhook',
    access: 'public',
    summary: 'For the bank: the end of a charge, signed as Standard Webhooks 1.0',
    headers: z.object({
      'webhook-id': z.string().optional(),
      'webhook-timestamp': z.string().optional(),
      'webhook-signature': z.string().optional(),
    }),
    body: BankWebhook,
    rawBody: true,
    responses: {
      204: { description: 'Taken, now or before' },
      401: { description: 'The signature is missing, wrong, or more than five minutes from now' },
      404: { description: 'No such payment' },
      409: { description: 'The payment has ended otherwise' },
    },
  }),
  reconcile: operation({
    method: 'post',
    path: '/reconcile',
    access: 'internal',
    summary: 'End payments that are past their deadline, or whose order is cancelled',
    responses: {
      200: { description: 'How many were due', schema: z.strictObject({ settled: z.int() }) },
      503: { description: 'The bank does not answer' },
    },
  }),
};
