import { and, desc, eq, lt, sql } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { v7 as uuidv7 } from 'uuid';
import { items, type states } from '../../db/schema/deadletters.ts';
import { type DeadLetter, storable } from './dead-letter.ts';

export type Store = ReturnType<typeof createStore>;
export type Item = typeof items.$inferSelect;

export interface Filter {
  type?: string | undefined;
  state?: (typeof states)[number] | undefined;
}

export const createStore = (db: PostgresJsDatabase) => ({
  /** Keeps a dead letter; a redelivery of the same failure changes nothing. */
  async keep({ event, origin, destination, round, code, reason }: DeadLetter): Promise<void> {
    await db.execute(sql`
      insert into deadletters.items (id, event, origin, type, destination, round, code, reason)
      values (${uuidv7()}, ${JSON.stringify(event)}::text::json, ${origin}, ${storable(event.type)}, ${destination},
        ${round}, ${code}, ${reason})
      on conflict do nothing`);
  },

  /** Newest first, below an id. */
  list: ({ type, state }: Filter, before: string, limit: number): Promise<Item[]> =>
    db
      .select()
      .from(items)
      .where(
        and(
          lt(items.id, before),
          type === undefined ? undefined : eq(items.type, type),
          state === undefined ? undefined : eq(items.state, state),
        ),
      )
      .orderBy(desc(items.id))
      .limit(limit),
});
