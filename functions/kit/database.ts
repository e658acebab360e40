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
  /** Connections at most, two or more: pools are counted against the server's max_connections. */
  max: number;
  /** How many of them are for transactions alone; by default half. */
  transactions?: number;
  /** Shown in pg_stat_activity. */
  name?: string;
}

/**
 * A pool that connects at its first query. A query that finds no server fails at once, and the next one tries again.
 * Transactions have connections of their own: postgres.js lets a `begin` queue behind others' statements, and where it is
 * the hundred and first there, or the socket is full, it does not keep the connection for itself. Then the transaction stays
 * open, and what others write in it is acknowledged and lost.
 */
export const connect = (
  url: string,
  { max, transactions = Math.floor(max / 2), name = 'kagari' }: DatabaseOptions,
): Database => {
  const beginning = postgres(url, optionsFor(transactions, name));
  const statements = postgres(url, { ...optionsFor(max - transactions, name), ...oneAtATime });
  const sql = Object.assign(statements, { begin: beginning.begin });
  return {
    sql,
    db: drizzlePrepared(sql),
    check: async () => {
      await sql`select 1`;
    },
    close: async () => {
      await Promise.all([sql.end({ timeout: 3 }), beginning.end({ timeout: 3 })]);
    },
  };
};

/**
 * A connection has one statement in hand: else one may wait behind another one's commit while a connection is free. Not in
 * postgres.js' types, and not for transactions, whose connection it would not keep.
 */
const oneAtATime = { max_pipeline: 0 };

const optionsFor = (max: number, name: string) => ({
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
