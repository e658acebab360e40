import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { connect, type Database } from '../kit/database.ts';

let database: TestDatabase;
let connection: Database;
beforeAll(async () => {
  database = await freshDatabase();
  connection = connect(database.url('auth'), { max: 4 });
});
afterAll(async () => {
  await connection?.close();
  await database?.drop();
});
it('works', async () => {
  await connection.check();
  expect(await connection.sql`select * from auth.users`).toEqual([]);
});
