import { sql } from 'drizzle-orm';
import type { Sql } from 'postgres';
import type { Publish, Transaction } from '../kit/inbox.ts';
import type { MailType } from './compose-mail.ts';
import type { Letter } from './letter.ts';
import { tellSent } from './tell-sent.ts';

export type LetterQueue = ReturnType<typeof createLetterQueue>;

/** The mails that are to be sent. Who claims one has it for the lease; a lease that runs out makes it due again. */
export const createLetterQueue = (sql: Sql) => ({
  async claimDue(limit: number, leaseMs: number): Promise<Letter[]> {
    const rows = await sql<LetterRow[]>`
      update notifications.mails
      set due_at = now() + ${leaseMs}::int * interval '1 ms', attempts = attempts + 1
      where id in (
        select id from notifications.mails where state = 'pending' and due_at <= now()
        order by due_at limit ${limit} for update skip locked)
      returning id, recipient, subject, body, created_at, attempts`;
    return rows.map(({ created_at, ...row }) => ({ ...row, createdAt: new Date(created_at) }));
  },

  async nextDue(): Promise<Date | undefined> {
    const [row] = await sql<[{ due_at: string | Date | null }]>`
      select min(due_at) as due_at from notifications.mails where state = 'pending'`;
    return row.due_at === null ? undefined : new Date(row.due_at);
  },

  async retryAfter(id: string, ms: number, reply: string): Promise<void> {
    await sql`
      update notifications.mails set due_at = now() + ${ms}::int * interval '1 ms', reply = ${reply}
      where id = ${id} and state = 'pending'`;
  },

  async giveBack(letters: readonly Letter[]): Promise<void> {
    const ids = letters.map(({ id }) => id);
    await sql`
      update notifications.mails set due_at = now(), attempts = attempts - 1
      where id in ${sql(ids)} and state = 'pending'`;
  },

  async giveUp(id: string, state: 'refused' | 'abandoned', reply: string): Promise<void> {
    await sql`
      update notifications.mails set state = ${state}, reply = ${reply} where id = ${id} and state = 'pending'`;
  },
});

/** Notes, and tells once, that the server has taken a mail. */
export const markSent = async (
  tx: Transaction,
  publish: Publish,
  { id, reply }: { id: string; reply: string },
): Promise<void> => {
  const [sent] = await tx.execute<{ user_id: string; type: MailType; about: string }>(sql`
    update notifications.mails set state = 'sent', sent_at = now(), reply = ${reply}
    where id = ${id} and state = 'pending' returning user_id, type, about`);
  if (sent) await tellSent(publish, { id, userId: sent.user_id, type: sent.type, about: sent.about });
};

type LetterRow = Omit<Letter, 'createdAt'> & { created_at: string | Date };
