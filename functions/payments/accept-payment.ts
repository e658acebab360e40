import { sql } from 'drizzle-orm';
import { paymentInitiated } from '../../eventing/contracts/payment.ts';
import type { Publish, Transaction } from '../kit/inbox.ts';
import type { Opened } from './open-payment.ts';

/** Notes, and tells once, that the bank has the charge. */
export const acceptPayment = async (
  tx: Transaction,
  publish: Publish,
  { id, orderId, userId, amount, currency }: Opened['payment'],
): Promise<void> => {
  const accepted = await tx.execute(sql`
    update payments.payments set accepted_at = now() where id = ${id} and accepted_at is null returning id`);
  if (accepted.length > 0)
    await publish(paymentInitiated, { paymentId: id, orderId, userId, amount, currency });
};
