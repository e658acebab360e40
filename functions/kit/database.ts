import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { drizzlePrepared } from '../../eventing/outbox/prepared.ts';
import type { Check } from './health.ts';

export interface Database {
  sql: postgres.Sql;
  db: PostgresJsDatabase;
  /** For /health. */
  check: Check;
  /** Ends all connections; queries in flight have 3 s. */
  close: () => Promise<void>;
}

export interface DatabaseOptions {
  /** Connections at most: pools are counted against the server's max_connections. */
  max: number;
  /** Shown in pg_stat_activity. */
  name?: string;
}

/** A pool that connects at its first query. A query that finds no server fails at once, and the next one tries again. */
export const connect = (url: string, { max, name = 'kagari' }: DatabaseOptions): Database => {
  const sql = postgres(url, {
    max,
    connect_timeout: 5,
    // An idle pod gives its places back; the next request connects in a few milliseconds.
    idle_timeout: 60,
    onnotice: () => {},
    // No look-up of array types in the way of the first query.
    fetch_types: false,
    connection: {
      application_name: name,
      statement_timeout: 10_000,
      idle_in_transaction_session_timeout: 15_000,
    },
  });
  return {
    sql,
    db: drizzlePrepared(sql),
    check: async () => {
      await sql`select 1`;
    },
    close: () => sql.end({ timeout: 3 }),
  };
};
