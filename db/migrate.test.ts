import postgres from 'postgres';
import { afterEach, expect, test } from 'vitest';
import { emptyDatabase, freshDatabase, type TestDatabase, testPasswords } from '../test/support/postgres.ts';
import { functionDatabases } from './functions.ts';
import { migrate } from './migrate.ts';

const made: TestDatabase[] = [];
const keep = (database: TestDatabase) => {
  made.push(database);
  return database;
};
afterEach(async () => {
  for (const database of made.splice(0)) await database.drop();
});

test('a migrated database lets every function log in and has nothing left to apply', async () => {
  const database = keep(await emptyDatabase());
  const { applied } = await migrate(database.adminUrl, { passwords: testPasswords });
  expect(applied).toContain('0002_events.sql');
  expect(await migrate(database.adminUrl, { passwords: testPasswords })).toEqual({ applied: [] });
  for (const fn of functionDatabases) {
    const sql = postgres(database.url(fn), { max: 1 });
    expect(await sql`select count(*)::int as n from events.outbox`).toEqual([{ n: 0 }]);
    await sql.end();
  }
});

test('a fresh database is a copy of a migrated one', async () => {
  const database = keep(await freshDatabase());
  const sql = postgres(database.url('orders'), { max: 1 });
  expect(await sql`select count(*)::int as n from events.outbox`).toEqual([{ n: 0 }]);
  await sql.end();
});
