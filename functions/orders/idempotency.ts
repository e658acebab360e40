import { sql } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { type EventParameters, insertEvents } from '../../eventing/outbox/insert-events.ts';
import type { Statement } from '../../eventing/outbox/outbox.ts';
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
 * Key, order, first step and event in one statement: a transaction of one round trip. The lock is held to its end:
 * another request with the key does not wait for it.
 */
const placing = `
  with lock as materialized (
    select pg_try_advisory_xact_lock(hashtextextended('orders ' || $1 || ' ' || $2, 0)) as held
  ), claimed as (
    insert into orders.idempotency_keys as known (user_id, key, fingerprint, order_id)
    select $1::text::uuid, $2::text, $3::bytea, $4::uuid from lock where held
    on conflict (user_id, key) do update
      set fingerprint = excluded.fingerprint, order_id = excluded.order_id, expires_at = excluded.expires_at
      where known.expires_at <= now()
    returning order_id
  ), placed as (
    insert into orders.orders (id, user_id, items, amount, currency)
    select order_id, $1::text::uuid, $5::text::jsonb, $6::bigint, $7::text from claimed
    returning id, status, created_at
  ), entry as (
    insert into orders.history (order_id, status, at) select id, status, created_at from placed
  ), told as (${insertEvents('$8', '$9', 'exists (select from placed)')})
  select held, created_at from lock left join placed on true`;

export interface Placed {
  held: boolean;
  created_at: string | Date | null;
}

/** The statement that places an order, unless its key has one already or is in other hands. */
export const insertOrder =
  ({ userId, key, fingerprint }: Claim, { id, items, total }: NewOrder) =>
  (events: EventParameters): Statement<Placed> => ({
    text: placing,
    parameters: [
      userId,
      key,
      fingerprint,
      id,
      JSON.stringify(items),
      total.amount,
      total.currency,
      ...events,
    ],
    wrote: ([row]) => row?.created_at != null,
  });

/** The order that a key has placed in the last 24 hours. */
export const findPlaced = async (
  db: Pick<PostgresJsDatabase, 'execute'>,
  { userId, key }: Omit<Claim, 'fingerprint'>,
): Promise<{ order: PlacedOrder; fingerprint: Buffer } | undefined> => {
  const [row] = await db.execute<PlacedRow>(sql`
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
