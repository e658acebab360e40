import { sql } from 'drizzle-orm';
import { paymentInitiated } from '../../eventing/contracts/payment.ts';
import { insertEvents } from '../../eventing/outbox/insert-events.ts';
import { type Received, receiveEvent } from '../../eventing/outbox/receive-event.ts';
import type { OnceBy, Publish, Transaction } from '../kit/inbox.ts';
import type { Opened } from './open-payment.ts';

type Accepted = Pick<Opened['payment'], 'id' | 'orderId' | 'userId' | 'amount' | 'currency'>;

/** Notes, and tells once, that the bank has the charge. */
export const acceptPayment = async (tx: Transaction, publish: Publish, payment: Accepted): Promise<void> => {
  const accepted = await tx.execute(sql`
    update payments.payments set accepted_at = now() where id = ${payment.id} and accepted_at is null returning id`);
  if (accepted.length > 0) await tellInitiated(publish, payment);
};

/** The same in the statement that takes the event which led to it. */
export const acceptPaymentOnce = async (onceBy: OnceBy, payment: Accepted): Promise<void> => {
  await onceBy<AcceptedRow>(
    (publish) => tellInitiated(publish, payment),
    (delivery, events) => ({
      text: accepting,
      parameters: [delivery, payment.id, ...events],
      wrote: ([row]) => row?.accepted ?? false,
    }),
  );
};

const accepting = `
  with ${receiveEvent('$1')},
  accepted as (
    update payments.payments set accepted_at = now()
    where id = $2::text::uuid and accepted_at is null and exists (select from receipt)
    returning id
  ), told as (${insertEvents('$3', '$4', 'exists (select from accepted)')})
  select exists (select from receipt) as received, exists (select from accepted) as accepted`;

interface AcceptedRow extends Received {
  accepted: boolean;
}

const tellInitiated = (publish: Publish, { id, orderId, userId, amount, currency }: Accepted) =>
  publish(paymentInitiated, { paymentId: id, orderId, userId, amount, currency });
