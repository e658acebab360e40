import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { emptyDatabase, type TestDatabase, testPasswords } from '../test/support/postgres.ts';
import { functionDatabases, roleName } from './functions.ts';
import { migrate } from './migrate.ts';

let database: TestDatabase;
let folder: string;
const passwords = testPasswords;

beforeEach(async () => {
  database = await emptyDatabase();
  folder = await mkdtemp(join(tmpdir(), 'kagari-migrations-'));
});
afterEach(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

const file = (name: string, text: string) => writeFile(join(folder, name), text);
const run = () => migrate(database.adminUrl, { passwords, folder });
const ask = async (fn: string | undefined, query: string) => {
  const sql = postgres(fn ? database.url(fn) : database.adminUrl, { max: 1, onnotice: () => {} });
  try {
    return [...(await sql.unsafe(query))];
  } finally {
    await sql.end();
  }
};

test('the whole schema is made once; a second run has nothing to apply', async () => {
  const { applied } = await migrate(database.adminUrl, { passwords });
  expect(applied).toContain('0002_events.sql');
  expect(await migrate(database.adminUrl, { passwords })).toEqual({ applied: [] });
  for (const fn of functionDatabases) {
    expect(await ask(fn, 'select count(*)::int as n from events.outbox')).toEqual([{ n: 0 }]);
  }
});

test('runs that start together apply each file once', async () => {
  const runs = await Promise.all([1, 2, 3].map(() => migrate(database.adminUrl, { passwords })));
  expect(runs.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
});

test('a function gets data rights on its own tables, made before or after it, and no others', async () => {
  await file('0001_one.sql', 'create table orders.one (id bigint generated always as identity)');
  await run();
  await file('0002_two.sql', 'create table orders.two (id serial); grant select on orders.two to :role(api)');
  await run();
  for (const table of ['one', 'two']) {
    await ask('orders', `insert into orders.${table} default values`);
    expect(await ask('orders', `delete from orders.${table} returning id::int`)).toEqual([{ id: 1 }]);
    await expect(ask('payments', `select * from orders.${table}`)).rejects.toThrow(
      'permission denied for schema',
    );
  }
  const [granted] = await ask(
    undefined,
    `select has_table_privilege('${roleName(database.name, 'api')}', 'orders.two', 'select') as yes`,
  );
  expect(granted).toEqual({ yes: true });
});

test('files that come later are applied by number, also below one that is applied', async () => {
  await file('0002_b.sql', 'create table orders.b ()');
  expect(await run()).toEqual({ applied: ['0002_b.sql'] });
  await file('0003_c.sql', 'create table orders.c ()');
  await file('0001_a.sql', 'create table orders.a ()');
  expect(await run()).toEqual({ applied: ['0001_a.sql', '0003_c.sql'] });
});

test('a file that fails leaves nothing of itself and is named', async () => {
  await file('0001_half.sql', 'create table orders.half (); select nonsense');
  await expect(run()).rejects.toThrow('migration 0001_half.sql failed: column "nonsense" does not exist');
  expect(await ask(undefined, `select to_regclass('orders.half') as found`)).toEqual([{ found: null }]);
  await file('0001_half.sql', 'create table orders.half ()');
  expect(await run()).toEqual({ applied: ['0001_half.sql'] });
});

test('a file that was changed after it was applied is refused; line endings do not count', async () => {
  await file('0001_a.sql', 'create table orders.a ();\nselect 1;\n');
  await run();
  await file('0001_a.sql', 'create table orders.a ();\r\nselect 1;\r\n');
  await run();
  await file('0001_a.sql', 'create table orders.a (id int);\n');
  await expect(run()).rejects.toThrow('0001_a.sql was changed after it was applied');
});

test.each([
  ['a number that stands twice', { '0001_a.sql': '', '0001_b.sql': '' }, 'a number stands once'],
  ['a name without a number', { 'add_orders.sql': '' }, '0000_what_it_does.sql'],
  [
    'a role of no function',
    { '0001_a.sql': 'grant usage on schema orders to :role(shipping)' },
    'no function is called shipping',
  ],
])('%s is refused', async (_, files, message) => {
  for (const [name, text] of Object.entries(files)) await file(name, text);
  await expect(run()).rejects.toThrow(message);
});

test('a password that is another one now replaces the old; one that is the same is left as it is', async () => {
  await run();
  const stored = () =>
    ask(
      undefined,
      `select rolpassword from pg_authid where rolname = '${roleName(database.name, 'orders')}'`,
    );
  const before = await stored();
  await run();
  expect(await stored()).toEqual(before);
  await migrate(database.adminUrl, { passwords: { ...passwords, orders: 'another' }, folder });
  await expect(ask('orders', 'select 1')).rejects.toThrow('password authentication failed');
  await run();
  expect(await ask('orders', 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a role left over from a database of the same name is taken over, with the new password', async () => {
  const name = roleName(database.name, 'orders');
  await ask(undefined, `create role ${name} login password 'old'`);
  await run();
  expect(await ask('orders', 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a function without a password fails the run before anything is made', async () => {
  const { orders: _, ...rest } = passwords;
  await expect(migrate(database.adminUrl, { passwords: rest, folder })).rejects.toThrow(
    'no password for the database role of orders',
  );
  expect(await ask(undefined, `select to_regnamespace('auth') as found`)).toEqual([{ found: null }]);
});
