import { sql } from 'drizzle-orm';
import type { Transaction } from '../kit/inbox.ts';
import { conflict } from '../kit/problem.ts';

/** order.cancelled: kept, whatever there is of the order's payment by now. Throws 409 where that is another user's. */
export const cancelPayment = async (
  tx: Transaction,
  { orderId, userId }: { orderId: string; userId: string },
): Promise<void> => {
  const [row] = await tx.execute<{ others: boolean }>(sql`
    with cancellation as (
      insert into payments.cancellations (order_id, user_id) values (${orderId}, ${userId})
      on conflict do nothing
    )
    select exists (
      select from payments.payments where order_id = ${orderId} and user_id <> ${userId}) as others`);
  if (row?.others) throw conflict('other-user', 'The payment of this order is another user’s.');
};
