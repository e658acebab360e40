import { sql } from 'drizzle-orm';
import { paymentFailed, paymentInitiated, paymentSucceeded } from '../../eventing/contracts/payment.ts';
import type { Publish, Transaction } from '../kit/inbox.ts';
import { conflict, notFound } from '../kit/problem.ts';
import type { Settlement } from './payment.ts';

export interface Settled {
  /** The order is cancelled: a captured payment is to be refunded. */
  orderCancelled: boolean;
}

/**
 * Ends an initiated payment by the bank's word; a payment that has ended so already stays as it is. Throws 404 for an
 * unknown payment, 409 when it has ended otherwise.
 */
export const settlePayment = async (
  tx: Transaction,
  publish: Publish,
  { paymentId, charge, reason }: Settlement,
): Promise<Settled> => {
  const status = charge === 'captured' ? 'succeeded' : 'failed';
  const failure = charge === 'failed' ? (reason ?? 'failed') : null;
  const [settled] = await tx.execute<SettledRow>(sql`
    with payment as (
      select id, accepted_at is null as newly_accepted, exists (
        select from payments.cancellations where cancellations.order_id = payments.order_id) as order_cancelled
      from payments.payments where id = ${paymentId} and status = 'initiated' for update
    ), settled as (
      update payments.payments
      set status = ${status}, accepted_at = coalesce(accepted_at, now()), failure_reason = case
        when ${charge} = 'cancelled' then case when order_cancelled then 'cancelled' else 'deadline' end
        else ${failure} end
      from payment where payments.id = payment.id
      returning payments.*, newly_accepted, order_cancelled
    ), entry as (
      insert into payments.history (payment_id, status) select id, status from settled
    )
    select order_id, user_id, amount, currency, failure_reason, newly_accepted, order_cancelled from settled`);
  if (!settled) {
    await checkEnded(tx, paymentId, status);
    return { orderCancelled: false };
  }

  const ids = { paymentId, orderId: settled.order_id, userId: settled.user_id };
  // The bank's word may come before the answer to our request, which would have told this.
  if (settled.newly_accepted)
    await publish(paymentInitiated, { ...ids, amount: Number(settled.amount), currency: settled.currency });
  if (settled.failure_reason === null) await publish(paymentSucceeded, ids);
  else await publish(paymentFailed, { ...ids, reason: settled.failure_reason });
  return { orderCancelled: settled.order_cancelled };
};

const checkEnded = async (tx: Transaction, paymentId: string, status: string): Promise<void> => {
  const [payment] = await tx.execute<{ status: string }>(sql`
    select status from payments.payments where id = ${paymentId}`);
  if (!payment) throw notFound('There is no such payment.');
  const agrees = payment.status === status || (payment.status === 'refunded' && status === 'succeeded');
  if (!agrees) throw conflict('ended-otherwise', `The payment has ended as ${payment.status}.`);
};

type SettledRow = {
  order_id: string;
  user_id: string;
  amount: string;
  currency: string;
  failure_reason: string | null;
  newly_accepted: boolean;
  order_cancelled: boolean;
};
