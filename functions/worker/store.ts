import { max, sql } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { heartbeats } from '../../db/schema/worker.ts';

export type Store = ReturnType<typeof createStore>;
export type Cause = 'start' | 'ping';
/** The functions of schema worker that drop what is old, `drop_refresh_tokens` by an age of its own. */
export type Rule =
  | 'drop_published_events'
  | 'drop_attempts'
  | 'drop_receipts'
  | 'drop_sent_webhooks'
  | 'drop_webhook_receipts'
  | 'drop_dead_letters'
  | 'drop_records'
  | 'drop_refresh_tokens';

export const createStore = (db: PostgresJsDatabase) => ({
  /** Adds a heartbeat; those of more than a week ago go. */
  async beat(cause: Cause): Promise<void> {
    await db.execute(sql`
      with beat as (insert into worker.heartbeats (cause) values (${cause}))
      delete from worker.heartbeats where at < now() - interval '7 days'`);
  },

  /** Drops what is older than `keepMs` by one rule; answers how many of its rows it found, `most` at most. */
  async drop(rule: Rule, keepMs: number | undefined, most: number): Promise<number> {
    const keep = keepMs === undefined ? sql`` : sql`${keepMs}::float8 * interval '1 ms', `;
    const [row] = await db.execute<{ found: string | number }>(
      sql`select worker.${sql.identifier(rule)}(${keep}${most}::int) as found`,
    );
    return Number(row?.found ?? 0);
  },

  async lastHeartbeat(): Promise<Date | undefined> {
    const [row] = await db.select({ at: max(heartbeats.at) }).from(heartbeats);
    return row?.at ?? undefined;
  },
});
