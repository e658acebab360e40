import type { Sql } from 'postgres';
import { unhurried } from '../../eventing/outbox/unhurried.ts';
import type { Message } from './charge.ts';

export type MessageStore = ReturnType<typeof createMessageStore>;

/** The messages of schema bank. Who claims one has it for the lease; a lease that runs out makes it due again. */
export const createMessageStore = (sql: Sql) => ({
  async claimDue(limit: number, leaseMs: number): Promise<Message[]> {
    const rows = await sql<MessageRow[]>`
      with claimed as (
        update bank.webhooks
        set due_at = now() + ${leaseMs}::int * interval '1 ms', attempts = attempts + 1
        where id in (
          select id from bank.webhooks where state = 'pending' and due_at <= now()
          order by due_at limit ${limit} for update skip locked)
        returning id, webhook_id, type, payment_id, created_at, attempts
      )
      select claimed.*, charge.reason from claimed join bank.charges as charge using (payment_id)`;
    return rows.map(toMessage);
  },

  async markDelivered(id: string): Promise<void> {
    // A mark that is lost has the webhook sent again, under the id that its receiver knows.
    await sql`update bank.webhooks set state = 'delivered' from ${unhurried(sql)} where id = ${id}`;
  },

  async markAbandoned(id: string): Promise<void> {
    await sql`update bank.webhooks set state = 'abandoned' where id = ${id} and state = 'pending'`;
  },

  async retryAfter(id: string, ms: number): Promise<void> {
    await sql`
      update bank.webhooks set due_at = now() + ${ms}::int * interval '1 ms'
      where id = ${id} and state = 'pending'`;
  },

  /** When the next message, or the next charge that will have one, is due. */
  async nextDue(): Promise<Date | undefined> {
    const [row] = await sql<[{ due_at: string | Date | null }]>`
      select least(
        (select min(due_at) from bank.webhooks where state = 'pending'),
        (select min(captures_at) from bank.charges where status = 'pending')) as due_at`;
    return row.due_at === null ? undefined : new Date(row.due_at);
  },
});

export interface MessageRow {
  id: string | number;
  webhook_id: string;
  type: Message['type'];
  payment_id: string;
  reason: string | null;
  created_at: string | Date;
  attempts: number;
}

export const toMessage = (row: MessageRow): Message => ({
  id: String(row.id),
  webhookId: row.webhook_id,
  type: row.type,
  paymentId: row.payment_id,
  reason: row.reason,
  createdAt: new Date(row.created_at),
  attempts: row.attempts,
});
