import { sql } from 'drizzle-orm';
import type { Publish, Transaction } from '../kit/inbox.ts';
import { welcome } from './compose-mail.ts';
import { sendMail } from './send-mail.ts';

/** Keeps the contact of a new user and sends the welcome. */
export const greetUser = async (
  tx: Transaction,
  publish: Publish,
  { userId, email }: { userId: string; email: string },
): Promise<void> => {
  await tx.execute(sql`
    insert into notifications.contacts (user_id, email) values (${userId}, ${email})
    on conflict (user_id) do nothing`);
  await sendMail(tx, publish, welcome(userId));
};
