import * as z from 'zod';
import { notFound } from '../kit/problem.ts';
import type { Bank } from './bank.ts';
import type { Store } from './store.ts';

export interface PaymentQuery {
  paymentId?: string | undefined;
  orderId?: string | undefined;
}

/** A user's own payment with its history, and its captures as the bank counts them. Throws 404, and 503 without the bank. */
export const showPayment = async (
  { store, bank }: { store: Store; bank: Bank },
  userId: string,
  { paymentId, orderId }: PaymentQuery,
) => {
  const id = z.uuid().safeParse(paymentId ?? orderId).data;
  const payment = id && (await (paymentId === undefined ? store.findByOrder(id) : store.find(id)));
  if (!payment || payment.userId !== userId) throw notFound();
  const [captures, history] = await Promise.all([bank.captures(payment.id), store.history(payment.id)]);
  return {
    paymentId: payment.id,
    orderId: payment.orderId,
    status: payment.status,
    captures,
    history: history.map(({ status, at }) => ({ status, at: at.toISOString() })),
  };
};
