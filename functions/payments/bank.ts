import * as z from 'zod';
import { createCallee } from '../kit/http.ts';
import { Problem } from '../kit/problem.ts';
import type { Payment, Settlement } from './payment.ts';

export type Bank = ReturnType<typeof createBank>;

type ChargedPayment = Pick<Payment, 'id' | 'amount' | 'currency' | 'token'>;

const Charge = z.object({
  status: z.enum(['pending', 'captured', 'failed', 'cancelled', 'refunded']),
  captures: z.int().min(0),
  reason: z.string().nullable(),
});
const EndedCharge = Charge.extend({ status: z.enum(['captured', 'failed', 'cancelled', 'refunded']) });
const RefundedCharge = Charge.extend({ status: z.literal('refunded') });

/** The bank, as payments knows it. Every call throws Problem 503 while the bank does not answer. */
export const createBank = ({ url, timeoutMs = 3_000 }: { url: string; timeoutMs?: number }) => {
  const call = createCallee({ name: 'The bank', url, timeoutMs });

  return {
    /** Asks for the charge; the bank takes the payment's id as its key, so that asking again is harmless. */
    charge: async ({ id, amount, currency, token }: ChargedPayment): Promise<void> => {
      await call({ method: 'POST', path: '/charges', body: { paymentId: id, amount, currency, token } });
    },

    captures: async (paymentId: string): Promise<number> => {
      try {
        return (await call({ method: 'GET', path: `/charges/${paymentId}`, schema: Charge })).captures;
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return 0;
        throw error;
      }
    },

    /** Cancels the charge unless it has ended; either way it has ended then. */
    cancel: async (paymentId: string): Promise<Settlement> => {
      const path = `/charges/${paymentId}/cancel`;
      const { status, reason } = await call({ method: 'POST', path, schema: EndedCharge });
      // Refunded is what was captured: another process was ahead by a step.
      return { paymentId, charge: status === 'refunded' ? 'captured' : status, reason };
    },

    /** Gives back what was captured; asking again is harmless. */
    refund: async (paymentId: string): Promise<void> => {
      await call({ method: 'POST', path: `/charges/${paymentId}/refund`, schema: RefundedCharge });
    },
  };
};
