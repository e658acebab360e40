import type { Sql } from 'postgres';

/** In place of an autocommit that waits for the disk: what is lost with a crashed server is only marks, or history. */
export const unhurried = (sql: Sql) => sql`(select set_config('synchronous_commit', 'off', true)) unhurried`;
