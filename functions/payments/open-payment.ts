import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../kit/problem.ts';
import type { Payment } from './payment.ts';
import type { Opening, Store } from './store.ts';

export type PlacedOrder = Pick<Payment, 'orderId' | 'userId' | 'amount' | 'currency' | 'token'>;

export interface Opened {
  payment: Pick<Payment, 'id' | 'acceptedAt' | 'status'> & PlacedOrder;
  /** When the payment was made just now. */
  opening?: Opening;
}

/**
 * The one payment of an order, made if it is not there. It is committed before the bank is asked: whoever comes after a
 * crash asks again with the same id.
 */
export const openPayment = async (store: Store, order: PlacedOrder, deadlineMs: number): Promise<Opened> => {
  if (order.amount < 1) throw new Problem('nothing-to-pay', 'The order costs nothing.', { status: 422 });
  const id = uuidv7();
  const opening = await store.open({ id, ...order }, deadlineMs);
  if (opening) return { payment: { id, ...order, acceptedAt: null, status: 'initiated' }, opening };
  const payment = await store.findByOrder(order.orderId);
  if (!payment || !isOf(payment, order))
    throw new Problem(
      'other-payment',
      'The order has a payment of another amount, currency, token or user.',
      {
        status: 409,
      },
    );
  return { payment };
};

const isOf = (payment: Payment, order: PlacedOrder) =>
  payment.userId === order.userId &&
  payment.amount === order.amount &&
  payment.currency === order.currency &&
  payment.token === order.token;
