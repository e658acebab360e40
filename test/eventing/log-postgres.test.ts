import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EventLog } from '../../eventing/log/port.ts';
import { createPostgresLog, type PostgresLogOptions } from '../../eventing/log/postgres.ts';
import { waitUntil } from '../support/platform.ts';
import { freshDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let sql: postgres.Sql;
let logs: EventLog[] = [];
let children: ChildProcess[] = [];

const open = (options: Partial<PostgresLogOptions> = {}): EventLog => {
  const log = createPostgresLog({ url: database.adminUrl, ...options });
  logs.push(log);
  return log;
};
const value = (text: string) => ({ value: Buffer.from(text) });
const never = 3_600_000;

beforeEach(async () => {
  database = await freshDatabase();
  sql = postgres(database.adminUrl, { max: 1 });
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(logs.map((log) => log.close()));
  logs = [];
  children = [];
  await sql.end();
  await database.drop();
});

test('a log with many subscriptions and topics holds two connections', async () => {
  const log = open();
  await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      await log.createTopic(`t${i}`, { partitions: 10 });
      await log.subscribe({ topic: `t${i}`, group: `g${i}`, handle: async () => {} });
      await log.append(`t${i}`, [value('x')]);
    }),
  );
  const rows =
    await sql`select 1 from pg_stat_activity where datname = ${database.name} and pid <> pg_backend_pid()`;
  expect(rows).toHaveLength(2);
});

test('what another process stores is heard of at once, by notice', async () => {
  const reader = open({ pollMs: never });
  await reader.createTopic('t', { partitions: 3 });
  const got: string[] = [];
  await reader.subscribe({
    topic: 't',
    group: 'g',
    handle: async ({ value }) => void got.push(String(value)),
  });
  await open().append('t', [value('heard')]);
  await waitUntil('the record', 5_000, () => got.length === 1);
});

test('connections that are cut are made again: notices are heard, partitions kept, handlers undisturbed', async () => {
  const reader = open({ pollMs: never });
  await reader.createTopic('t', { partitions: 3 });
  const got: string[] = [];
  const held = Promise.withResolvers<void>();
  let aborts = 0;
  await reader.subscribe({
    topic: 't',
    group: 'g',
    async handle({ value }, signal) {
      signal.addEventListener('abort', () => aborts++);
      if (String(value) === 'held') await held.promise;
      got.push(String(value));
    },
  });
  const other = open();
  await other.append('t', [value('held')]);
  for (let round = 0; round < 3; round++) {
    await sql`
      select pg_terminate_backend(pid, 1000) from pg_stat_activity
      where datname = ${database.name} and application_name like 'kagari log: read'`;
    await waitUntil('the session to be whole again', 5_000, async () => {
      const rows = await sql`
        select 1 from log.sessions s join pg_locks l on l.locktype = 'advisory' and l.objid = s.id::bigint::oid
        join pg_stat_activity a on a.pid = l.pid where a.datname = ${database.name} and a.state = 'idle' and a.query not like '%advisory%'`;
      return rows.length === 1;
    });
    await other.append('t', [value(`heard ${round}`)]);
    await waitUntil('the record', 5_000, () => got.includes(`heard ${round}`));
  }
  expect(aborts).toBe(0);
  held.resolve();
  await waitUntil('the one in hand', 5_000, () => got.includes('held'));
  expect(got).toHaveLength(4);
});

test('a consumer whose topic is deleted and made again goes on with the new one', async () => {
  const log = open({ pollMs: 50 });
  const got: string[] = [];
  await log.createTopic('t', { partitions: 2 });
  await log.subscribe({
    topic: 't',
    group: 'g',
    from: 'earliest',
    handle: async ({ value }) => void got.push(String(value)),
  });
  for (let round = 0; round < 5; round++) {
    await log.deleteTopic('t');
    await log.createTopic('t', { partitions: 1 + round });
    const texts = Array.from({ length: 20 }, (_, i) => `${round}-${i}`);
    await Promise.all(texts.map((text) => log.append('t', [value(text)])));
    await waitUntil('all of the new topic', 5_000, () => texts.every((text) => got.includes(text)));
  }
  expect(got).toHaveLength(100);
});

test('what no notice told of is found by a poll', async () => {
  const reader = open({ pollMs: 100 });
  await reader.createTopic('t', { partitions: 1 });
  const got: string[] = [];
  await reader.subscribe({
    topic: 't',
    group: 'g',
    handle: async ({ value }) => void got.push(String(value)),
  });
  await sql`
    with taken as (update log.partitions set next_offset = next_offset + 1 returning topic, partition, next_offset - 1 as base)
    insert into log.records (topic, partition, "offset", at, headers, value) select topic, partition, base, now(), '{}', 'silent'
    from taken`;
  await waitUntil('the record', 5_000, () => got.length === 1);
});

test('the partitions of a process that was killed are taken over at once, whatever its lease', async () => {
  const options = { url: database.adminUrl, leaseMs: never, pollMs: never };
  const log = open({ leaseMs: never, pollMs: never });
  await log.createTopic('t', { partitions: 2 });
  const child = spawn(
    process.execPath,
    [
      join(import.meta.dirname, '../../eventing/log/conformance/remote-member.ts'),
      JSON.stringify({
        module: new URL('../../eventing/log/postgres.ts', import.meta.url).href,
        create: 'createPostgresLog',
        options,
        subscription: { topic: 't', group: 'g', hold: true },
      }),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'], env: {} },
  );
  children.push(child);
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  await waitUntil('the other member', 10_000, () => output.includes('ready'));
  await log.append(
    't',
    Array.from({ length: 10 }, (_, i) => value(`m${i}`)),
  );
  await waitUntil('records in its hands', 5_000, () => output.includes('m9'));
  child.kill('SIGKILL');
  await once(child, 'exit');
  const begun = performance.now();
  const got = new Set<string>();
  await log.subscribe({ topic: 't', group: 'g', handle: async ({ value }) => void got.add(String(value)) });
  await waitUntil('all records', 5_000, () => got.size === 10);
  expect(performance.now() - begun).toBeLessThan(2_000);
}, 60_000);

test('one process appends in one statement what gathers, and many keep offsets gapless', async () => {
  const [a, b] = [open(), open()];
  await a.createTopic('t', { partitions: 5 });
  const positions = (
    await Promise.all(
      Array.from({ length: 400 }, (_, i) => (i % 2 ? a : b).append('t', [value(`${i}`), value(`${i}'`)])),
    )
  ).flat();
  const ends = (await a.offsets('t')).map(({ end }) => end);
  expect(ends.reduce((sum, end) => sum + end, 0n)).toBe(800n);
  expect(new Set(positions.map(({ partition, offset }) => `${partition}:${offset}`)).size).toBe(800);
  const [{ transactions = 0 } = {}] = await sql<{ transactions: number }[]>`
    select count(distinct at)::int as transactions from log.records`;
  expect(transactions).toBeLessThan(100);
});

test('the records of a deletion that was cut short go with the next retention', async () => {
  const log = open();
  await log.createTopic('t', { partitions: 1 });
  await log.createTopic('kept', { partitions: 1 });
  await log.append('t', [value('orphan')]);
  await log.append('kept', [value('kept')]);
  await sql`delete from log.topics where name = 't'`;
  await log.applyRetention();
  const left = await sql<{ value: Buffer }[]>`select value from log.records`;
  expect(left.map(({ value }) => String(value))).toEqual(['kept']);
});

test("the api function's role reads the log and can do nothing else with it", async () => {
  const log = open();
  await log.createTopic('t', { partitions: 1 });
  await log.append('t', [value('x')]);
  const api = createPostgresLog({ url: database.url('api') });
  logs.push(api);
  expect((await api.read('t', 0, 0n, 10)).map(({ value }) => String(value))).toEqual(['x']);
  expect(await api.offsets('t')).toEqual([{ start: 0n, end: 1n }]);
  const denied = { code: '42501' };
  await expect(api.append('t', [value('forged')])).rejects.toMatchObject(denied);
  await expect(api.startGroup('t', 'g', 'latest')).rejects.toMatchObject(denied);
  await expect(api.deleteTopic('t')).rejects.toMatchObject(denied);
  const orders = createPostgresLog({ url: database.url('orders') });
  logs.push(orders);
  await expect(orders.topics()).rejects.toMatchObject(denied);
});
