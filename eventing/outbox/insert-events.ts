import { hash } from 'node:crypto';
import type { CloudEvent } from '../contracts/cloud-event.ts';

/** What a statement that has `insertEvents` in it gets for the two parameters. */
export type EventParameters = [list: string, holdMs: number];

/**
 * The part of a statement that adds events to the outbox, held by this process: `list` and `holdMs` name parameters, as
 * `$1`; `where` is what must be true for it. Their time is when they are written, not when the transaction began.
 */
export const insertEvents = (list: string, holdMs: string, where = 'true'): string => `
  insert into events.outbox (id, event, subject, type, partition_key, created_at, held_until)
  select (item->>'id')::uuid, (item->>'event')::json, item->>'subject', item->>'type', item->>'partition_key',
    clock_timestamp(), clock_timestamp() + ${holdMs}::float8 * interval '1 millisecond'
  from json_array_elements(${list}::text::json) item where ${where}`;

export const eventList = (rows: readonly { id: string; event: CloudEvent }[]): string =>
  JSON.stringify(
    rows.map(({ id, event }) => ({
      id,
      // As text, for Postgres would decode the strings within and stop at an escaped null character.
      event: JSON.stringify(event),
      subject: plain(event.subject),
      type: plain(event.type),
      partition_key: plain(event.partitionkey),
    })),
  );

/** Source and id name an event; its length keeps ('a', 'bc') and ('ab', 'c') apart. */
export const originOf = ({ source, id }: Pick<CloudEvent, 'source' | 'id'>): string =>
  hash('sha256', `${source.length}:${source}${id}`);

/** Postgres has no null character in text. */
export const plain = (text: string | null | undefined): string | null =>
  text?.replaceAll('\0', '\uFFFD') ?? null;
