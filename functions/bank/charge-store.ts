import { and, eq, sql as fragment } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { Sql } from 'postgres';
import { charges } from '../../db/schema/bank.ts';
import type { ChargeRequest, Message } from './charge.ts';
import { type MessageRow, toMessage } from './message-store.ts';
import type { Outcome } from './outcomes.ts';

export type ChargeStore = ReturnType<typeof createChargeStore>;
/** Amount, currency and token are null where a cancellation came before the charge. */
export type StoredCharge = typeof charges.$inferSelect;

/** The charges of schema bank. A decision and its messages are one statement. */
export const createChargeStore = ({ sql, db }: { sql: Sql; db: PostgresJsDatabase }) => {
  const byPayment = db
    .select()
    .from(charges)
    .where(eq(charges.paymentId, fragment.placeholder('paymentId')))
    .prepare('bank_charge_of_payment');

  return {
    /**
     * Answers the messages of the new charge, leased to the caller for `leaseMs`, or undefined when the payment has a
     * charge already.
     */
    async insert(request: ChargeRequest, outcome: Outcome, leaseMs: number): Promise<Message[] | undefined> {
      const { status, reason, capturesAfterMs, copies } = outcome;
      const [row] = await sql<[{ created: boolean; messages: MessageRow[] }]>`
        with charge as (
          insert into bank.charges
            (payment_id, amount, currency, token, status, reason, captures, captures_at, settled_at)
          values (
            ${request.paymentId}, ${request.amount}, ${request.currency}, ${request.token},
            ${status}, ${reason}, ${status === 'captured' ? 1 : 0},
            now() + ${capturesAfterMs}::int * interval '1 ms',
            case when ${status !== 'pending'}::bool then now() end)
          on conflict (payment_id) do nothing
          returning payment_id, status
        ), webhook as (
          select 'msg_' || gen_random_uuid() as webhook_id, payment_id, 'charge.' || status as type
          from charge where status <> 'pending'
        ), message as (
          insert into bank.webhooks (webhook_id, payment_id, type, attempts, due_at)
          select webhook_id, payment_id, type, 1, now() + ${leaseMs}::int * interval '1 ms'
          from webhook, (values (1), (2)) as copy (n) where n <= ${copies}
          returning id, webhook_id, type, payment_id, created_at, attempts
        )
        select
          exists (select from charge) as created,
          coalesce((select json_agg(message) from message), '[]') as messages`;
      return row.created ? row.messages.map((message) => toMessage({ ...message, reason })) : undefined;
    },

    async find(paymentId: string): Promise<StoredCharge | undefined> {
      const [charge] = await byPayment.execute({ paymentId });
      return charge;
    },

    /** Cancels a pending charge, or one that never was. Answers undefined when the charge has ended already. */
    async cancel(paymentId: string): Promise<StoredCharge | undefined> {
      const cancelled = { status: 'cancelled', settledAt: fragment`now()` } as const;
      const [charge] = await db
        .insert(charges)
        .values({ paymentId, ...cancelled })
        .onConflictDoUpdate({
          target: charges.paymentId,
          set: cancelled,
          setWhere: eq(charges.status, 'pending'),
        })
        .returning();
      return charge;
    },

    /** Refunds a captured charge. Answers undefined for any other. */
    async refund(paymentId: string): Promise<StoredCharge | undefined> {
      const [charge] = await db
        .update(charges)
        .set({ status: 'refunded', refunds: charges.captures, settledAt: fragment`now()` })
        .where(and(eq(charges.paymentId, paymentId), eq(charges.status, 'captured')))
        .returning();
      return charge;
    },

    /** Captures what is due by its token and leaves its messages due. */
    async captureDue(limit: number): Promise<void> {
      await sql`
        with captured as (
          update bank.charges set status = 'captured', captures = captures + 1, settled_at = now()
          where payment_id in (
            select payment_id from bank.charges where status = 'pending' and captures_at <= now()
            order by captures_at limit ${limit} for update skip locked)
          returning payment_id
        )
        insert into bank.webhooks (webhook_id, payment_id, type)
        select 'msg_' || gen_random_uuid(), payment_id, 'charge.captured' from captured`;
    },
  };
};
