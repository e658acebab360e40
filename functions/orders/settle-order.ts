import { sql } from 'drizzle-orm';
import { orderFailed, orderPaid } from '../../eventing/contracts/order.ts';
import type { Publish, Transaction } from '../kit/inbox.ts';
import { conflict, unavailable } from '../kit/problem.ts';

/** How the payment of an order ended: with `reason` it failed. */
export interface PaymentEnd {
  orderId: string;
  userId: string;
  paymentId: string;
  reason?: string;
}

/**
 * Ends a pending order by its payment. What is so already stays, and a cancelled order stays cancelled. Throws 503 for an
 * order that is not there (yet), 409 for an end that contradicts what is.
 */
export const settleOrder = async (tx: Transaction, publish: Publish, end: PaymentEnd): Promise<void> => {
  const { orderId, userId, paymentId, reason } = end;
  const status = reason === undefined ? 'paid' : 'failed';
  const [settled] = await tx.execute<{ amount: string; currency: string }>(sql`
    with settled as (
      update orders.orders
      set status = ${status}, payment_id = ${paymentId}, failure_reason = ${reason ?? null}
      where id = ${orderId} and user_id = ${userId} and status = 'pending'
      returning id, status, amount, currency
    ), entry as (
      insert into orders.history (order_id, status) select id, status from settled
    )
    select amount, currency from settled`);
  if (!settled) return checkSettled(tx, end, status);
  if (reason !== undefined) await publish(orderFailed, { orderId, userId, reason });
  else {
    const total = { amount: Number(settled.amount), currency: settled.currency };
    await publish(orderPaid, { orderId, userId, paymentId, total });
  }
};

const checkSettled = async (tx: Transaction, end: PaymentEnd, status: string): Promise<void> => {
  const [order] = await tx.execute<{ status: string; user_id: string; payment_id: string | null }>(sql`
    select status, user_id, payment_id from orders.orders where id = ${end.orderId}`);
  if (!order) throw unavailable('There is no such order yet.');
  const agrees =
    order.status === 'cancelled' || (order.status === status && order.payment_id === end.paymentId);
  if (order.user_id !== end.userId || !agrees)
    throw conflict(
      'ended-otherwise',
      `The order is ${order.status}, by another payment, or of another user.`,
    );
};
