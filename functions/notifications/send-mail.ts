import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { notificationSent } from '../../eventing/contracts/notification.ts';
import type { Publish, Transaction } from '../kit/inbox.ts';
import { unavailable } from '../kit/problem.ts';
import type { Mail } from './compose-mail.ts';

/**
 * Sends a mail to its user's contact, once for each (type, about); what was sent before stays. Throws 503 while the
 * contact is not known.
 */
export const sendMail = async (tx: Transaction, publish: Publish, mail: Mail): Promise<void> => {
  const { type, userId, about, subject, body } = mail;
  const id = uuidv7();
  const [row] = await tx.execute<{ known: boolean; sent: boolean }>(sql`
    with contact as (
      select user_id, email from notifications.contacts where user_id = ${userId}
    ), sent as (
      insert into notifications.mails (id, user_id, type, about, recipient, subject, body)
      select ${id}::uuid, user_id, ${type}::text, ${about}::uuid, email, ${subject}::text, ${body}::text from contact
      on conflict (type, about) do nothing
      returning id
    )
    select exists (select from contact) as known, exists (select from sent) as sent`);
  if (!row?.known) throw unavailable('The contact of this user is not known yet.');
  if (!row.sent) return;
  const told = { notificationId: id, userId, type };
  await publish(notificationSent, about === userId ? told : { ...told, subject: about });
};
