import { sql } from 'drizzle-orm';
import type { Transaction } from '../kit/inbox.ts';
import type { OrderItem, PlacedOrder } from './order.ts';

export interface Claim {
  userId: string;
  key: string;
  /** Of the request that came with the key. */
  fingerprint: Buffer;
}

export interface NewOrder {
  id: string;
  items: OrderItem[];
  total: { amount: number; currency: string };
}

/**
 * Inserts order, first step and key in one statement and answers the order's time; `known` where the key has an order
 * already. The lock is held to the end of the transaction: another request with the key does not wait for it.
 */
export const insertOrder = async (
  tx: Transaction,
  { userId, key, fingerprint }: Claim,
  { id, items, total }: NewOrder,
): Promise<Date | 'in flight' | 'known'> => {
  const [row] = await tx.execute<{ held: boolean; created_at: string | Date | null }>(sql`
    with lock as materialized (
      select pg_try_advisory_xact_lock(hashtextextended(${`orders ${userId} ${key}`}, 0)) as held
    ), claimed as (
      insert into orders.idempotency_keys as known (user_id, key, fingerprint, order_id)
      select ${userId}::uuid, ${key}::text, ${fingerprint}::bytea, ${id}::uuid from lock where held
      on conflict (user_id, key) do update
        set fingerprint = excluded.fingerprint, order_id = excluded.order_id, expires_at = excluded.expires_at
        where known.expires_at <= now()
      returning order_id
    ), placed as (
      insert into orders.orders (id, user_id, items, amount, currency)
      select order_id, ${userId}::uuid, ${JSON.stringify(items)}::text::jsonb, ${total.amount}::bigint,
        ${total.currency}::text
      from claimed
      returning id, status, created_at
    ), entry as (
      insert into orders.history (order_id, status, at) select id, status, created_at from placed
    )
    select held, created_at from lock left join placed on true`);
  if (!row?.held) return 'in flight';
  return row.created_at === null ? 'known' : new Date(row.created_at);
};

/** The order that a key has placed in the last 24 hours. */
export const findPlaced = async (
  tx: Transaction,
  { userId, key }: Claim,
): Promise<{ order: PlacedOrder; fingerprint: Buffer } | undefined> => {
  const [row] = await tx.execute<PlacedRow>(sql`
    select fingerprint, id, amount, currency, created_at
    from orders.idempotency_keys as known join orders.orders on orders.id = known.order_id
    where known.user_id = ${userId} and key = ${key} and expires_at > now()`);
  if (!row) return undefined;
  const total = { amount: Number(row.amount), currency: row.currency };
  const createdAt = new Date(row.created_at).toISOString();
  return { order: { id: row.id, status: 'pending', total, createdAt }, fingerprint: row.fingerprint };
};

type PlacedRow = {
  fingerprint: Buffer;
  id: string;
  amount: string;
  currency: string;
  created_at: string | Date;
};
