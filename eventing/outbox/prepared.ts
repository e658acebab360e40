import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { Sql, TransactionSql } from 'postgres';

/**
 * drizzle over postgres.js with statements that are prepared once a connection. As it comes, drizzle has every query
 * parsed, described and planned anew, in two round trips instead of one. Needs a session connection; the text of
 * statements must not vary without bound (no `in (…)` lists of any length), for each is kept.
 */
export function drizzlePrepared(sql: Sql): PostgresJsDatabase {
  const client = {
    ...preparing(sql),
    options: sql.options,
    begin: (work: (client: unknown) => Promise<unknown>) => sql.begin((tx) => work(preparingIn(tx))),
  };
  return drizzle(client as unknown as Sql);
}

function preparingIn(tx: TransactionSql): object {
  return {
    ...preparing(tx),
    savepoint: (work: (client: unknown) => Promise<unknown>) =>
      tx.savepoint((inner) => work(preparingIn(inner))),
  };
}

/** What drizzle uses of a client. */
function preparing(client: Sql | TransactionSql) {
  return {
    unsafe: (query: string, parameters: never[] = []) => client.unsafe(query, parameters, { prepare: true }),
  };
}
