import { sql } from 'drizzle-orm';
import { paymentRefunded } from '../../eventing/contracts/payment.ts';
import type { Publish, Transaction } from '../kit/inbox.ts';

/** Notes, and tells once, that the bank has given the money of a succeeded payment back. */
export const refundPayment = async (tx: Transaction, publish: Publish, paymentId: string): Promise<void> => {
  const [refunded] = await tx.execute<{ order_id: string; user_id: string }>(sql`
    with refunded as (
      update payments.payments set status = 'refunded' where id = ${paymentId} and status = 'succeeded'
      returning id, status, order_id, user_id
    ), entry as (
      insert into payments.history (payment_id, status) select id, status from refunded
    )
    select order_id, user_id from refunded`);
  if (refunded)
    await publish(paymentRefunded, { paymentId, orderId: refunded.order_id, userId: refunded.user_id });
};
