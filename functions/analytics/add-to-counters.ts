import { sql } from 'drizzle-orm';
import type { Count } from './counts.ts';

const into = `
  insert into analytics.counters as counter (name, label, slot, value)
  select name, label, pg_backend_pid() % 16, value
  from json_to_recordset(`;
const added = '::text::json) as added (name text, label text, value bigint)';
/** In one order, so that two transactions in one slot never wait for each other. */
const ordered = `
  order by name, label
  on conflict (name, label, slot) do update set value = counter.value + excluded.value`;

/** The part of a statement that adds counts: `list` names the parameter, their JSON; `where` is what must be true for it. */
export const insertCounts = (list: string, where: string): string =>
  `${into}${list}${added} where ${where} ${ordered}`;

/** The same for drizzle. */
export const addToCounters = (counts: readonly Count[]) =>
  sql`${sql.raw(into)}${JSON.stringify(counts)}${sql.raw(added + ordered)}`;
