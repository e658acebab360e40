import postgres, { type Sql } from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { functionDatabases } from '../../db/functions.ts';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';

let database: TestDatabase;
const connections = new Map<string, Sql>();
const as = (fn: string): Sql => {
  const sql = connections.get(fn) ?? postgres(database.url(fn), { max: 1 });
  connections.set(fn, sql);
  return sql;
};
const refused = { code: '42501' };

beforeAll(async () => {
  database = await freshDatabase();
  for (const fn of functionDatabases) {
    await as(fn)`insert into events.outbox (id, event, type) values (${uuidv7()}, '{}', 'test')`;
    await as(
      fn,
    )`insert into events.inbox (consumer, origin, source, id, type) values ('c', '\\x00', 's', 'i', 't')`;
    await as(
      fn,
    )`insert into events.attempts (consumer, source, id, type, code, ms) values ('c', 's', 'i', 't', 204, 1)`;
  }
});
afterAll(async () => {
  for (const sql of connections.values()) await sql.end();
  await database.drop();
});

const tables = ['outbox', 'inbox', 'attempts'];
const others = functionDatabases.filter((fn) => fn !== 'worker');

test.each(functionDatabases)(
  '%s sees its own rows; of others only analytics sees any, and the worker the outbox',
  async (fn) => {
    for (const table of tables) {
      const rows = await as(fn)`select role::text from events.${as(fn)(table)}`;
      const all = fn === 'analytics' || (fn === 'worker' && table === 'outbox');
      expect(rows.map(({ role }) => role).sort()).toEqual(
        (all ? [...functionDatabases] : [fn]).map((name) => `kagari_template_${name}`).sort(),
      );
    }
  },
);

test.each(functionDatabases)('%s writes no row in the name of another role', async (fn) => {
  const victim = `kagari_template_${fn === 'orders' ? 'payments' : 'orders'}`;
  await expect(
    as(fn)`insert into events.outbox (id, role, event, type) values (${uuidv7()}, ${victim}, '{}', 't')`,
  ).rejects.toMatchObject(refused);
  await expect(
    as(fn)`insert into events.inbox (role, consumer, origin, source, id, type)
      values (${victim}, 'c', '\\x01', 's', 'i', 't')`,
  ).rejects.toMatchObject(refused);
  await expect(
    as(fn)`insert into events.attempts (role, consumer, source, id, type, code, ms)
      values (${victim}, 'c', 's', 'i', 't', 204, 1)`,
  ).rejects.toMatchObject(refused);
});

test.each(functionDatabases)(
  '%s changes and removes nothing that is written, its own rows included',
  async (fn) => {
    const sql = as(fn);
    await expect(sql`update events.outbox set event = '{"forged": true}'`).rejects.toMatchObject(refused);
    await expect(sql`update events.outbox set role = current_user`).rejects.toMatchObject(refused);
    await expect(sql`update events.inbox set id = 'x'`).rejects.toMatchObject(refused);
    await expect(sql`update events.attempts set code = 204`).rejects.toMatchObject(refused);
    for (const table of tables)
      await expect(sql`delete from events.${sql(table)}`).rejects.toMatchObject(refused);
  },
);

test.each(others)('%s marks its own outbox rows only', async (fn) => {
  expect((await as(fn)`update events.outbox set held_until = now()`).count).toBe(1);
});

test('the worker marks the outbox rows of all', async () => {
  const marked = await as('worker')`update events.outbox set held_until = now()`;
  expect(marked.count).toBe(functionDatabases.length);
});

test.each(functionDatabases)('%s has its own schema and no other', async (fn) => {
  const rows = await as(fn)<{ name: string }[]>`
    select nspname as name from pg_namespace
    where has_schema_privilege(oid, 'usage') and nspname not like 'pg_%' and nspname <> 'information_schema'`;
  const own = [fn, 'events', 'public', 'log'].sort();
  expect(own).toEqual(expect.arrayContaining(rows.map(({ name }) => name)));
  expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining([fn, 'events']));
  await expect(as(fn)`create table ${as(fn)(fn)}.extra (id int)`).rejects.toMatchObject(refused);
  await expect(as(fn)`create table public.extra (id int)`).rejects.toMatchObject(refused);
});
