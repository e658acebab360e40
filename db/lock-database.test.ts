import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyDatabase, type TestDatabase } from '../test/support/postgres.ts';
import { lockDatabase } from './lock-database.ts';
import { locks } from './locks.ts';

let database: TestDatabase;
const eventually = { timeout: 10_000, interval: 20 };
const ignore = () => {};

beforeAll(async () => {
  database = await emptyDatabase();
});
afterAll(() => database.drop());

/** As when the holder's machine or its connection dies. */
const killHolder = async () => {
  const admin = postgres(database.adminUrl, { max: 1 });
  await admin`select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and objid = ${locks.runtime} and granted
    and database = (select oid from pg_database where datname = current_database())`;
  await admin.end();
};

test('a second runtime on the database is refused, and told who has it', async () => {
  const lock = await lockDatabase(database.adminUrl, { onLost: ignore });
  const second = lockDatabase(database.adminUrl, { onLost: ignore, patienceMs: 0 });
  await expect(second).rejects.toThrow(
    new RegExp(
      `another Kagari runs on the database ${database.name} \\(from 127.0.0.1/32, since 20.* UTC, .*stop it`,
    ),
  );
  await lock.release();
  await (await lockDatabase(database.adminUrl, { onLost: ignore, patienceMs: 0 })).release();
});

test('runtimes on different databases of one server do not meet', async () => {
  const other = await emptyDatabase();
  const both = await Promise.all(
    [database, other].map(({ adminUrl }) => lockDatabase(adminUrl, { onLost: ignore, patienceMs: 0 })),
  );
  for (const lock of both) await lock.release();
  await other.drop();
});

test('a start waits for the session of a runtime that is just dying', async () => {
  const dying = await lockDatabase(database.adminUrl, { onLost: ignore });
  const next = lockDatabase(database.adminUrl, { onLost: ignore, patienceMs: 10_000 });
  setTimeout(killHolder, 200);
  await (await next).release();
  await dying.release();
});

test('a lost connection is told once; a released one is not', async () => {
  const lost: string[] = [];
  await lockDatabase(database.adminUrl, { onLost: (reason) => lost.push(reason) });
  await killHolder();
  await expect.poll(() => lost, eventually).toEqual(['its connection was closed']);
  const released = await lockDatabase(database.adminUrl, { onLost: (reason) => lost.push(reason) });
  await released.release();
  await killHolder();
  expect(lost).toHaveLength(1);
});
