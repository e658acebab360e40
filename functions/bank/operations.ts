import * as z from 'zod';
import { operation } from '../kit/operation.ts';

export const NewCharge = z.strictObject({
  paymentId: z.uuid(),
  amount: z.int().min(1),
  currency: z.string().regex(/^[A-Z]{3}$/),
  token: z.string().min(1).max(255),
});

export const Charge = z.strictObject({
  paymentId: z.uuid(),
  status: z.enum(['pending', 'captured', 'failed', 'cancelled', 'refunded']),
  captures: z.int().min(0),
  refunds: z.int().min(0),
  reason: z.string().nullable(),
});

const params = z.object({ paymentId: z.uuid() });

export const operations = {
  createCharge: operation({
    method: 'post',
    path: '/charges',
    access: 'internal',
    summary: 'Charge a payment, once for each paymentId',
    body: NewCharge,
    responses: {
      200: { description: 'The charge was there before', schema: Charge },
      201: { description: 'The charge is made', schema: Charge },
      409: { description: 'The paymentId has a charge of another amount, currency or token' },
    },
  }),
  getCharge: operation({
    method: 'get',
    path: '/charges/:paymentId',
    access: 'internal',
    summary: 'How a charge stands',
    params,
    responses: { 200: { description: 'The charge', schema: Charge } },
  }),
  cancelCharge: operation({
    method: 'post',
    path: '/charges/:paymentId/cancel',
    access: 'internal',
    summary: 'Cancel a charge unless it has ended',
    description:
      'A charge that never was is remembered as cancelled: a later request for it charges nothing.',
    params,
    responses: { 200: { description: 'The charge as it ended', schema: Charge } },
  }),
  refundCharge: operation({
    method: 'post',
    path: '/charges/:paymentId/refund',
    access: 'internal',
    summary: 'Give back what was captured, once',
    params,
    responses: {
      200: { description: 'The charge is refunded, now or before', schema: Charge },
      409: { description: 'Nothing was captured' },
    },
  }),
};
