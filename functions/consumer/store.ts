import { asc } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { partitions } from '../../db/schema/consumer.ts';

export type Store = ReturnType<typeof createStore>;

export interface Counted {
  topic: string;
  partition: number;
  count: number;
  lastOffset: bigint;
}

export const createStore = (db: PostgresJsDatabase) => ({
  /** All partitions of which a record has come, by topic and partition. */
  counted: (): Promise<Counted[]> =>
    db.select().from(partitions).orderBy(asc(partitions.topic), asc(partitions.partition)),
});
