import { randomBytes } from 'node:crypto';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyDatabase, type TestDatabase, testPasswords } from '../test/support/postgres.ts';
import { checkDatabase } from './check-database.ts';
import { functionDatabases, roleName } from './functions.ts';
import { migrate } from './migrate.ts';
import { startTransactionPooler } from './testing/transaction-pooler.ts';

let database: TestDatabase;
let admin: Sql;

beforeAll(async () => {
  database = await emptyDatabase();
  admin = postgres(database.adminUrl, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

/** The URL of a new role that owns nothing. */
const newRole = async (...rights: string[]): Promise<{ name: string; url: string }> => {
  const name = `r_${randomBytes(4).toString('hex')}`;
  await admin.unsafe(`create role ${name} login password 'pw' ${rights.join(' ')}`);
  const url = new URL(database.adminUrl);
  url.username = name;
  url.password = 'pw';
  return { name, url: url.href };
};
const complaint = (url: string) =>
  checkDatabase(url).then(
    () => 'none',
    (error: Error) => error.message,
  );

test('a role that may make roles and schemas is enough, and the whole schema can be made with it', async () => {
  const { name, url } = await newRole('createrole');
  await admin.unsafe(`grant create on database ${database.name} to ${name}`);
  expect(await complaint(url)).toBe('none');
  await migrate(url, { passwords: testPasswords });
  for (const fn of functionDatabases) {
    const sql = postgres(database.url(fn), { max: 1 });
    expect(await sql`select current_user::text as role`).toEqual([{ role: roleName(database.name, fn) }]);
    await sql.end();
  }
});

test('what is missing is said in one message, with the statements that mend it', async () => {
  const { name, url } = await newRole();
  const message = await complaint(url);
  expect(message).toContain(`alter role "${name}" createrole`);
  expect(message).toContain(`grant create on database "${database.name}" to "${name}"`);
  expect(message).not.toContain('\n');
});

test('a pooler that shares sessions between transactions is found out', async () => {
  const pooler = await startTransactionPooler(database.adminUrl);
  expect(await complaint(pooler.url)).toMatch(/^DATABASE_URL: the URL leads to a pooler/);
  await pooler.stop();
});

test('an address, a login or a database that is wrong is named, the password never', async () => {
  const wrong = (change: (url: URL) => void) => {
    const url = new URL(database.adminUrl);
    change(url);
    return url;
  };
  const cases: [URL, RegExp][] = [
    [
      wrong((url) => {
        url.port = '1';
      }),
      /127\.0\.0\.1:1.*ECONNREFUSED/,
    ],
    [
      wrong((url) => {
        url.password = 'not-it';
      }),
      /password authentication failed/,
    ],
    [
      wrong((url) => {
        url.pathname = '/nowhere';
      }),
      /database nowhere.*does not exist/,
    ],
  ];
  for (const [url, message] of cases) {
    const said = await complaint(url.href);
    expect(said).toMatch(message);
    expect(said).toMatch(/^DATABASE_URL: /);
    expect(said).not.toContain(url.password);
  }
  expect(await complaint('mysql://u:secret@h/db')).toMatch(/^DATABASE_URL: not a URL of the form/);
  expect(await complaint('nonsense')).toMatch(/^DATABASE_URL: not a URL of the form/);
});

test('a name too long for the roles, and an encoding that cannot hold every event, are refused', async () => {
  const long = 'd'.repeat(60);
  await admin.unsafe(
    `create database ${long} template template0 encoding 'LATIN1' locale 'C' locale_provider libc`,
  );
  const url = new URL(database.adminUrl);
  url.pathname = `/${long}`;
  const message = await complaint(url.href);
  await admin.unsafe(`drop database ${long} with (force)`);
  expect(message).toContain('too long');
  expect(message).toContain('LATIN1');
});
