import { eq, sql } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { v7 as uuidv7 } from 'uuid';
import { counters, subjects } from '../../db/schema/analytics.ts';
import { addToCounters } from './add-to-counters.ts';
import type { Count, CountName } from './counts.ts';
import type { Facts } from './facts.ts';

export type Store = ReturnType<typeof createStore>;

export interface NewRecord {
  type: string;
  subject?: string | undefined;
  data?: unknown;
}

export const createStore = (db: PostgresJsDatabase) => {
  const sums = db
    .select({ name: counters.name, label: counters.label, value: sql<string>`sum(${counters.value})` })
    .from(counters)
    .groupBy(counters.name, counters.label)
    .orderBy(counters.name, counters.label)
    .prepare('sums');
  const owner = db
    .select({ userId: subjects.userId })
    .from(subjects)
    .where(eq(subjects.id, sql.placeholder('subject')))
    .prepare('owner');

  const facts = db
    .select({ facts: subjects.facts })
    .from(subjects)
    .where(eq(subjects.id, sql.placeholder('subject')))
    .prepare('facts');

  return {
    /** What has been learned of a subject. */
    factsOf: async (subject: string): Promise<Partial<Facts>> =>
      (await facts.execute({ subject }))[0]?.facts ?? {},

    /** All sums, over all slots. */
    sums: async (): Promise<Count[]> =>
      (await sums.execute()).map(({ name, label, value }) => ({
        name: name as CountName,
        label,
        value: Number(value),
      })),

    /** Whose order, payment, mail or user this is; undefined where no event has told of it. */
    ownerOf: async (subject: string): Promise<string | undefined> =>
      (await owner.execute({ subject }))[0]?.userId,

    /** Keeps what a client told of itself; answers its id. */
    async keepRecord(userId: string, { type, subject, data }: NewRecord): Promise<string> {
      const id = uuidv7();
      const json = data === undefined ? null : JSON.stringify(data);
      await db.execute(sql`
        with kept as (
          insert into analytics.records (id, user_id, type, subject, data)
          values (${id}, ${userId}, ${type}, ${subject ?? null}, ${json}::text::jsonb)
        )
        ${addToCounters([{ name: 'records', label: '', value: 1 }])}`);
      return id;
    },
  };
};
