import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Publish, Transaction } from '../kit/inbox.ts';
import { unavailable } from '../kit/problem.ts';
import type { Mail } from './compose-mail.ts';
import type { Letter } from './letter.ts';
import { tellSent } from './tell-sent.ts';

/**
 * Writes a mail to its user's contact, once for each (type, about); what was written before stays. With a lease it is to be
 * sent: the letter is the caller's for that time. Without one the mail stays here, and is told of as sent. Throws 503 while
 * the contact is not known.
 */
export const sendMail = async (
  tx: Transaction,
  publish: Publish,
  mail: Mail,
  leaseMs: number | undefined,
): Promise<Letter | undefined> => {
  const { type, userId, about, subject, body } = mail;
  const id = uuidv7();
  const isKept = leaseMs === undefined;
  const [row] = await tx.execute<WrittenRow>(sql`
    with contact as (
      select user_id, email from notifications.contacts where user_id = ${userId}
    ), written as (
      insert into notifications.mails
        (id, user_id, type, about, recipient, subject, body, state, attempts, due_at)
      select
        ${id}::uuid, user_id, ${type}::text, ${about}::uuid, email, ${subject}::text, ${body}::text,
        ${isKept ? 'kept' : 'pending'}::text, ${isKept ? 0 : 1}::int, now() + ${leaseMs ?? null}::int * interval '1 ms'
      from contact
      on conflict (type, about) do nothing
      returning recipient, created_at
    )
    select exists (select from contact) as known, recipient, created_at from (select) as one left join written on true`);
  if (!row?.known) throw unavailable('The contact of this user is not known yet.');
  if (row.recipient === null || row.created_at === null) return undefined;
  if (isKept) {
    await tellSent(publish, { id, userId, type, about });
    return undefined;
  }
  return { id, recipient: row.recipient, subject, body, createdAt: new Date(row.created_at), attempts: 1 };
};

type WrittenRow = { known: boolean; recipient: string | null; created_at: string | Date | null };
