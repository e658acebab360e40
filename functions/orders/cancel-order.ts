import { sql } from 'drizzle-orm';
import { orderCancelled } from '../../eventing/contracts/order.ts';
import type { Publish, Transaction } from '../kit/inbox.ts';
import { conflict, notFound } from '../kit/problem.ts';
import type { Order } from './order.ts';

export interface OwnOrder {
  orderId: string;
  userId: string;
}

/**
 * Cancels a user's own order that is pending or paid; payments gives back what the bank took. Throws 404 for an order that
 * is not theirs, 409 for one that has failed or is cancelled.
 */
export const cancelOrder = async (tx: Transaction, publish: Publish, { orderId, userId }: OwnOrder) => {
  // The history's time is taken when the row is had: a payment that was waited for came before.
  const [row] = await tx.execute<CancelledRow>(sql`
    with own as (
      select id, status from orders.orders
      where id = ${orderId} and user_id = ${userId} and status in ('pending', 'paid') for update
    ), cancelled as (
      update orders.orders set status = 'cancelled' from own where orders.id = own.id
      returning orders.*, own.status = 'paid' as was_paid
    ), entry as (
      insert into orders.history (order_id, status, at) select id, status, clock_timestamp() from cancelled
    )
    select amount, currency, created_at, was_paid from cancelled`);
  if (!row) throw await refusal(tx, { orderId, userId });
  const total = { amount: Number(row.amount), currency: row.currency };
  await publish(orderCancelled, { orderId, userId, ...(row.was_paid && { refund: total }) });
  const createdAt = new Date(row.created_at);
  return { id: orderId, status: 'cancelled', ...total, failureReason: null, createdAt } as const;
};

const refusal = async (tx: Transaction, { orderId, userId }: OwnOrder) => {
  const [order] = await tx.execute<Pick<Order, 'status'>>(sql`
    select status from orders.orders where id = ${orderId} and user_id = ${userId}`);
  return order
    ? conflict('not-cancellable', `An order that is ${order.status} cannot be cancelled.`)
    : notFound();
};

type CancelledRow = { amount: string; currency: string; created_at: string | Date; was_paid: boolean };
