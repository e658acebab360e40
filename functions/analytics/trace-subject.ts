import { sql } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { kinds } from './operations.ts';

export interface Entry {
  time: string;
  kind: (typeof kinds)[number];
  service: string;
  event: string;
  attempt?: number;
  code?: number;
}

const mostEntries = 1_000;
const mostSubjects = 100;

type Row = Omit<Entry, 'attempt' | 'code'> & { attempt: string | null; code: number | null };

/**
 * What outboxes, inboxes and attempts of all functions have of a subject and of what has its id as partition key, in
 * the order of time: the newest, if there are more than a thousand. Receipts are kept longest, and alone say nothing:
 * none where only they are left. Lateral, with limits: so each table is asked by its index, whatever the planner knows.
 */
export const traceSubject = async (db: PostgresJsDatabase, subject: string): Promise<Entry[]> => {
  const rows = await db.execute<Row>(sql`
    with subjects as materialized (
      select ${subject}::text as id
      union (select distinct subject from events.outbox
        where partition_key = ${subject} and subject is not null limit ${mostSubjects})
    ), entries as (
      select one.* from subjects cross join lateral (
        select created_at as at, 1 as rank, outbox.id::text as tie, 'published' as kind, role, type as event,
          null::bigint as attempt, null::int as code
        from events.outbox where outbox.subject = subjects.id
        order by created_at desc limit ${mostEntries}
      ) one
      union all
      select one.* from subjects cross join lateral (
        select received_at, 0, inbox.id, 'received', role, type, null::bigint, null::int
        from events.inbox where inbox.subject = subjects.id
        order by received_at desc limit ${mostEntries}
      ) one
      union all
      select one.* from subjects cross join lateral (
        select at, 2, to_char(seq, 'FM0000000000000000000'), 'attempt', role, type,
          row_number() over (partition by role, consumer, source, attempts.id order by seq), code
        from events.attempts where attempts.subject = subjects.id
        order by at desc limit ${mostEntries}
      ) one
    ), newest as (
      select * from entries order by at desc, rank desc, tie desc limit ${mostEntries}
    )
    select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as time, kind,
      substring(role::text from '[^_]+$') as service, event, attempt, code
    from newest order by at, rank, tie`);
  if (rows.every(({ kind }) => kind === 'received')) return [];
  return rows.map(({ attempt, code, ...entry }) => ({
    ...entry,
    ...(attempt !== null && { attempt: Number(attempt) }),
    ...(code !== null && { code }),
  }));
};
