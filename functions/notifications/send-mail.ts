import { v7 as uuidv7 } from 'uuid';
import { insertEvents } from '../../eventing/outbox/insert-events.ts';
import { type Received, receiveEvent } from '../../eventing/outbox/receive-event.ts';
import type { OnceBy } from '../kit/inbox.ts';
import { unavailable } from '../kit/problem.ts';
import type { Mail } from './compose-mail.ts';
import type { Letter } from './letter.ts';
import { tellSent } from './tell-sent.ts';

export interface Sending {
  /** Where a new user is written to: kept with the mail. */
  email?: string;
  /** With a lease the mail is to be sent: the letter is the caller's for that time. Without one it stays here. */
  leaseMs: number | undefined;
}

/**
 * Writes a mail to its user's contact, once for each (type, about); what was written before stays. A mail that stays here
 * is told of as sent. Throws 503 while the contact is not known.
 */
export const sendMail = async (
  onceBy: OnceBy,
  mail: Mail,
  { email, leaseMs }: Sending,
): Promise<Letter | undefined> => {
  const { type, userId, about, subject, body } = mail;
  const id = uuidv7();
  const isKept = leaseMs === undefined;
  const row = await onceBy<WrittenRow>(
    async (publish) => {
      if (isKept) await tellSent(publish, { id, userId, type, about });
    },
    (delivery, events) => ({
      text: writing,
      parameters: [
        delivery,
        userId,
        email ?? null,
        id,
        type,
        about,
        subject,
        body,
        leaseMs ?? null,
        ...events,
      ],
      wrote: ([row]) => isWritten(row),
    }),
  );
  if (!row.known) throw unavailable('The contact of this user is not known yet.');
  if (isKept || !isWritten(row)) return undefined;
  return { id, recipient: row.recipient, subject, body, createdAt: new Date(row.created_at), attempts: 1 };
};

const writing = `
  with contact as materialized (
    select coalesce(
      (select email from notifications.contacts where user_id = $2::text::uuid), $3::text) as email
  ), ${receiveEvent('$1', '(select email is not null from contact)')},
  kept as (
    insert into notifications.contacts (user_id, email)
    select $2::text::uuid, $3::text where $3::text is not null and exists (select from receipt)
    on conflict (user_id) do nothing
  ), written as (
    insert into notifications.mails
      (id, user_id, type, about, recipient, subject, body, state, attempts, due_at)
    select $4::text::uuid, $2::text::uuid, $5::text, $6::text::uuid, email, $7::text, $8::text,
      case when $9::text is null then 'kept' else 'pending' end, ($9::text is not null)::int,
      now() + $9::text::int * interval '1 ms'
    from contact where exists (select from receipt)
    on conflict (type, about) do nothing
    returning recipient, created_at
  ), told as (${insertEvents('$10', '$11', 'exists (select from written)')})
  select exists (select from receipt) as received, email is not null as known, recipient, created_at
  from contact left join written on true`;

interface WrittenRow extends Received {
  known: boolean;
  recipient: string | null;
  created_at: string | Date | null;
}

const isWritten = (
  row: WrittenRow | undefined,
): row is WrittenRow & { recipient: string; created_at: string | Date } => row?.recipient != null;
