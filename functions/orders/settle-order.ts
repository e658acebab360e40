import { sql } from 'drizzle-orm';
import { orderFailed, orderPaid } from '../../eventing/contracts/order.ts';
import { insertEvents } from '../../eventing/outbox/insert-events.ts';
import { isTakenBack, orTakeBack, receiveEvent } from '../../eventing/outbox/receive-event.ts';
import type { Effects } from '../kit/events.ts';
import type { Transaction } from '../kit/inbox.ts';
import { conflict, unavailable } from '../kit/problem.ts';
import type { Store } from './store.ts';

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
export const settleOrder = async (
  store: Pick<Store, 'pendingTotal'>,
  { once, onceBy }: Effects,
  end: PaymentEnd,
): Promise<void> => {
  const { orderId, userId, paymentId, reason } = end;
  const status = reason === undefined ? 'paid' : 'failed';
  const total = await store.pendingTotal(orderId, userId);
  if (total) {
    try {
      await onceBy(
        (publish) =>
          reason === undefined
            ? publish(orderPaid, { orderId, userId, paymentId, total })
            : publish(orderFailed, { orderId, userId, reason }),
        (delivery, events) => ({
          text: settling,
          parameters: [delivery, status, paymentId, reason ?? null, orderId, userId, ...events],
          wrote: ([row]) => row?.received ?? false,
        }),
      );
      return;
    } catch (error) {
      if (!isTakenBack(error)) throw error;
    }
  }
  await once((tx) => checkSettled(tx, end, status));
};

const settling = `
  with ${receiveEvent('$1')},
  settled as (
    update orders.orders
    set status = $2::text, payment_id = $3::text::uuid, failure_reason = $4::text
    where id = $5::text::uuid and user_id = $6::text::uuid and status = 'pending' and exists (select from receipt)
    returning id, status
  ), entry as (
    insert into orders.history (order_id, status) select id, status from settled
  ), told as (${insertEvents('$7', '$8', 'exists (select from settled)')})
  select received, ${orTakeBack('exists (select from settled)')}
  from (select exists (select from receipt) as received) done`;

const checkSettled = async (tx: Transaction, end: PaymentEnd, status: string): Promise<void> => {
  const [order] = await tx.execute<{ status: string; user_id: string; payment_id: string | null }>(sql`
    select status, user_id, payment_id from orders.orders where id = ${end.orderId}`);
  // One that is pending came, or was read, a moment too late.
  if (!order || (order.status === 'pending' && order.user_id === end.userId))
    throw unavailable('There is no such order yet.');
  const agrees =
    order.status === 'cancelled' || (order.status === status && order.payment_id === end.paymentId);
  if (order.user_id !== end.userId || !agrees)
    throw conflict(
      'ended-otherwise',
      `The order is ${order.status}, by another payment, or of another user.`,
    );
};
