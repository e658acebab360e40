import { paymentFailed, paymentInitiated, paymentSucceeded } from '../../eventing/contracts/payment.ts';
import { insertEvents } from '../../eventing/outbox/insert-events.ts';
import { isTakenBack, orTakeBack } from '../../eventing/outbox/receive-event.ts';
import type { Publish, Write } from '../kit/inbox.ts';
import { conflict, notFound } from '../kit/problem.ts';
import type { Settlement } from './payment.ts';
import type { Standing, Store } from './store.ts';

export interface Settled {
  /** The order is cancelled: a captured payment is to be refunded. */
  orderCancelled: boolean;
}

/**
 * Ends an initiated payment by the bank's word, in one statement with what it tells and the id of the webhook that
 * brought the word. A payment that has ended so already stays as it is; a webhook that was seen before changes nothing.
 * Throws 404 for an unknown payment, 409 when it has ended otherwise.
 */
export const settlePayment = async (
  { store, write }: { store: Pick<Store, 'standing' | 'noteWebhook'>; write: Write },
  settlement: Settlement,
  webhookId: string | null = null,
): Promise<Settled> => {
  const { paymentId } = settlement;
  // Where something has changed since it was read, nothing is written and it is read again: three things can, once each.
  for (;;) {
    const payment = await store.standing(paymentId, webhookId);
    if (!payment) throw notFound('There is no such payment.');
    if (payment.seen) return { orderCancelled: false };
    if (payment.status !== 'initiated') {
      checkAgrees(payment.status, settlement);
      if (webhookId !== null) await store.noteWebhook(webhookId);
      return { orderCancelled: false };
    }
    try {
      const [row] = await settle(write, payment, settlement, webhookId);
      return { orderCancelled: payment.orderCancelled && row?.received === true };
    } catch (error) {
      if (!isTakenBack(error)) throw error;
    }
  }
};

const settle = (
  write: Write,
  payment: Standing,
  { paymentId, charge, reason }: Settlement,
  webhookId: string | null,
): Promise<SettledRow[]> => {
  const { accepted, orderCancelled } = payment;
  const failure =
    charge === 'captured'
      ? null
      : charge === 'failed'
        ? (reason ?? 'failed')
        : orderCancelled
          ? 'cancelled'
          : 'deadline';
  return write<SettledRow>(
    (publish) => tell(publish, payment, paymentId, failure),
    (events) => ({
      text: settling,
      parameters: [webhookId, paymentId, statusAfter(charge), failure, accepted, orderCancelled, ...events],
      wrote: ([row]) => row?.received ?? false,
    }),
  );
};

const settling = `
  with seen as (
    insert into payments.webhooks (id) select $1::text where $1::text is not null
    on conflict do nothing returning 1
  ), word as (
    select $1::text is null or exists (select from seen) as received
  ), settled as (
    update payments.payments as payment
    set status = $3::text, failure_reason = $4::text, accepted_at = coalesce(accepted_at, now())
    where id = $2::text::uuid and status = 'initiated' and (select received from word)
      and (accepted_at is not null) = $5::bool
      and exists (select from payments.cancellations where order_id = payment.order_id) = $6::bool
    returning id, status
  ), entry as (
    insert into payments.history (payment_id, status) select id, status from settled
  ), told as (${insertEvents('$7', '$8', 'exists (select from settled)')})
  select received, ${orTakeBack('exists (select from settled)')} from word`;

const tell = async (
  publish: Publish,
  { orderId, userId, amount, currency, accepted }: Standing,
  paymentId: string,
  failure: string | null,
): Promise<void> => {
  const ids = { paymentId, orderId, userId };
  // The bank's word may come before the answer to our request, which would have told this.
  if (!accepted) await publish(paymentInitiated, { ...ids, amount, currency });
  if (failure === null) await publish(paymentSucceeded, ids);
  else await publish(paymentFailed, { ...ids, reason: failure });
};

const checkAgrees = (status: Standing['status'], { charge }: Settlement): void => {
  const ended = statusAfter(charge);
  const agrees = status === ended || (status === 'refunded' && ended === 'succeeded');
  if (!agrees) throw conflict('ended-otherwise', `The payment has ended as ${status}.`);
};

const statusAfter = (charge: Settlement['charge']) => (charge === 'captured' ? 'succeeded' : 'failed');

interface SettledRow {
  /** False: the webhook was seen before. */
  received: boolean;
}
