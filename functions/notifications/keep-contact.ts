import { sql } from 'drizzle-orm';
import type { Transaction } from '../kit/inbox.ts';

/** Keeps where a new user is written to. */
export const keepContact = async (
  tx: Transaction,
  { userId, email }: { userId: string; email: string },
): Promise<void> => {
  await tx.execute(sql`
    insert into notifications.contacts (user_id, email) values (${userId}, ${email})
    on conflict (user_id) do nothing`);
};
