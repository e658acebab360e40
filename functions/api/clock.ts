import type { Sql } from 'postgres';

/** The database's time: one clock for all who ask. */
export const createClock = (sql: Sql) => async (): Promise<Date> => {
  const [row] = await sql<[{ ms: string }]>`select extract(epoch from now()) * 1000 as ms`;
  return new Date(Number(row.ms));
};
