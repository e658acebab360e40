import { sql as drizzleSql } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { Sql } from 'postgres';
import type { CloudEvent } from '../contracts/cloud-event.ts';
import { eventList, originOf, plain } from './insert-events.ts';
import { unhurried } from './unhurried.ts';

export type Transaction = Parameters<Parameters<PostgresJsDatabase['transaction']>[0]>[0];

/** A row of events.outbox; `id` is the row's, an event that is sent again has several. */
export interface OutboxRow {
  id: string;
  event: CloudEvent;
}

/** What is recorded of an event that came in. */
export type ReceivedEvent = Pick<CloudEvent, 'id' | 'source' | 'type' | 'subject'>;

export interface Attempt {
  consumer: string;
  event: ReceivedEvent;
  /** The HTTP status that the delivery was answered with. */
  code: number;
  reason?: string | null;
  ms: number;
}

/**
 * Adds rows that this process holds for `holdMs`: one statement for any number of them. Their time is the end of the
 * transaction: of two that waited for each other, what the first published is the earlier.
 */
export async function insertRows(tx: Transaction, rows: readonly OutboxRow[], holdMs: number): Promise<void> {
  await tx.execute(drizzleSql`
    insert into events.outbox (id, event, subject, type, partition_key, created_at, held_until)
    select (item->>'id')::uuid, (item->>'event')::json, item->>'subject', item->>'type', item->>'partition_key',
      clock_timestamp(),
      clock_timestamp() + ${holdMs} * interval '1 millisecond'
    from json_array_elements(${eventList(rows)}::text::json) item`);
}

/**
 * Records that a consumer has an event; false where it had it before. Waits for a concurrent transaction with the same
 * event to end.
 */
export async function insertReceipt(
  tx: Transaction,
  consumer: string,
  event: ReceivedEvent,
): Promise<boolean> {
  const inserted = await tx.execute(drizzleSql`
    insert into events.inbox (consumer, origin, source, id, type, subject)
    values (${consumer}, decode(${originOf(event)}, 'hex'), ${plain(event.source)}, ${plain(event.id)},
      ${plain(event.type)}, ${plain(event.subject)})
    on conflict do nothing returning 1`);
  return inserted.length > 0;
}

/**
 * Takes rows that nobody holds into this process's hands, the longest waiting first; of several at once each row goes
 * to one. A function sees its own rows, the worker all.
 */
export async function claimRows(
  sql: Sql,
  { limit, holdMs, idleMs = 0 }: { limit: number; holdMs: number; idleMs?: number },
): Promise<OutboxRow[]> {
  const rows = await sql<{ id: string; event: string }[]>`
    with due as materialized (
      select id from events.outbox
      where published_at is null and held_until <= clock_timestamp() - ${idleMs} * interval '1 millisecond'
      order by held_until limit ${limit} for update skip locked
    )
    update events.outbox row set held_until = clock_timestamp() + ${holdMs} * interval '1 millisecond'
    from due where row.id = due.id
    returning row.id, row.event::text as event`;
  return rows.map(({ id, event }) => ({ id, event: JSON.parse(event) }));
}

/** Milliseconds until the next unpublished row of this role is free; undefined where there is none. */
export async function nextDue(sql: Sql): Promise<number | undefined> {
  const [row] = await sql<{ ms: number | null }[]>`
    select ceil(extract(epoch from min(held_until) - clock_timestamp()) * 1000)::float8 as ms
    from events.outbox where published_at is null and role = current_user`;
  return row?.ms === null || row === undefined ? undefined : Math.max(0, row.ms);
}

export async function markPublished(sql: Sql, ids: readonly string[]): Promise<void> {
  await sql`
    update events.outbox row set published_at = clock_timestamp() from ${unhurried(sql)}
    where row.id = any(${uuids(ids)}::text::uuid[]) and row.published_at is null`;
}

/** Keeps unpublished rows from every relay for a time; 0 gives them free. */
export async function holdRows(sql: Sql, ids: readonly string[], holdMs: number): Promise<void> {
  await sql`
    update events.outbox row set held_until = clock_timestamp() + ${holdMs} * interval '1 millisecond'
    from ${unhurried(sql)} where row.id = any(${uuids(ids)}::text::uuid[]) and row.published_at is null`;
}

export async function insertAttempts(sql: Sql, attempts: readonly Attempt[]): Promise<void> {
  const list = attempts.map(({ consumer, event, code, reason, ms }) => ({
    consumer,
    source: plain(event.source),
    id: plain(event.id),
    type: plain(event.type),
    subject: plain(event.subject),
    code,
    reason: plain(reason),
    ms,
  }));
  await sql`
    insert into events.attempts (consumer, source, id, type, subject, code, reason, ms)
    select consumer, source, id, type, subject, code, reason, ms
    from ${unhurried(sql)}, json_to_recordset(${JSON.stringify(list)}::text::json) as attempt(
      consumer text, source text, id text, type text, subject text, code int, reason text, ms int)`;
}

/** An array as Postgres writes it: postgres.js does so itself only after a look-up of the array types. */
function uuids(ids: readonly string[]): string {
  return `{${ids.join(',')}}`;
}
