import type { Sql } from 'postgres';

/** The database's time: one clock for all who ask. */
export const createClock = (sql: Sql) => async (): Promise<Date> => {
  const [row] = await sql<[{ now: Date }]>`select now()`;
  return row.now;
};
