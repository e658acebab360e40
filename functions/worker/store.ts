import { max, sql } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { heartbeats } from '../../db/schema/worker.ts';

export type Store = ReturnType<typeof createStore>;
export type Cause = 'start' | 'ping';

export const createStore = (db: PostgresJsDatabase) => ({
  /** Adds a heartbeat; those of more than a week ago go. */
  async beat(cause: Cause): Promise<void> {
    await db.execute(sql`
      with beat as (insert into worker.heartbeats (cause) values (${cause}))
      delete from worker.heartbeats where at < now() - interval '7 days'`);
  },

  async lastHeartbeat(): Promise<Date | undefined> {
    const [row] = await db.select({ at: max(heartbeats.at) }).from(heartbeats);
    return row?.at ?? undefined;
  },
});
