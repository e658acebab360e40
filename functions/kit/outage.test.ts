import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { connect, type Database } from './database.ts';
import { outageOf, toProblem } from './outage.ts';

let database: TestDatabase;
const open: Database[] = [];
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(async () => {
  for (const { close } of open) await close();
  await database?.drop();
});

const connected = (url: string) => {
  const connection = connect(url, { max: 2 });
  open.push(connection);
  return connection;
};
const failure = (work: PromiseLike<unknown>) =>
  Promise.resolve(work).then(
    () => undefined,
    (error: unknown) => error,
  );

it('a server that is not there', async () => {
  const error = await failure(connected('postgres://me@127.0.0.1:1/none').check());
  expect(outageOf(error)).toBe('not reachable');
  expect(toProblem(error)).toMatchObject({ status: 503, retriable: true });
});

it('a name that does not resolve', async () => {
  const error = await failure(connected('postgres://me@no-such-host.invalid/none').check());
  expect(outageOf(error)).toBe('not reachable');
});

it('a wrong password and a database that is gone', async () => {
  const wrong = new URL(database.url('api'));
  wrong.password = 'wrong';
  expect(outageOf(await failure(connected(wrong.href).check()))).toBe('refuses the login');
  const gone = new URL(database.url('api'));
  gone.pathname = '/no_such_database';
  expect(toProblem(await failure(connected(gone.href).check()))).toMatchObject({ status: 503 });
});

it('a server that hangs up in the middle of a query, by drizzle too; the pool finds its way back', async () => {
  const { sql, db } = connected(database.url('api'));
  const admin = connected(database.adminUrl);
  const cut = () =>
    expect
      .poll(
        () => admin.sql`select pg_terminate_backend(pid) from pg_stat_activity
          where query like '%pg_sleep(20)' and usename <> current_user and datname = current_database()`,
      )
      .not.toEqual([]);
  for (const work of [() => sql`select pg_sleep(20)`, () => db.execute('select pg_sleep(20)')]) {
    const [error] = await Promise.all([failure(work()), cut()]);
    expect(outageOf(error)).toBeDefined();
    await expect.poll(() => failure(sql`select 1`)).toBeUndefined();
  }
});

it('what is wrong in itself is no outage', async () => {
  const { sql } = connected(database.url('api'));
  for (const work of [sql`select nonsense`, sql`select 1/0`, sql`select * from auth.users`])
    expect(toProblem(await failure(work))).toMatchObject({ status: 500 });
  expect(outageOf(new TypeError('x'))).toBeUndefined();
});
