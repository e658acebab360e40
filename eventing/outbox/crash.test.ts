import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { startProcess } from './testing/harness.ts';
import { type Sink, startSink } from './testing/sink.ts';

let database: TestDatabase;
let sink: Sink;
let admin: Sql;

beforeEach(async () => {
  database = await freshDatabase();
  sink = await startSink();
  admin = postgres(database.adminUrl, { max: 1, onnotice: () => {} });
});
afterEach(async () => {
  await admin.end();
  await sink.down();
  await database.drop();
});

const eventually = { timeout: 15_000, interval: 20 };
const startVictim = (task: 'publish and die' | 'publish for ever'): ChildProcess =>
  spawn(
    process.execPath,
    [join(import.meta.dirname, 'testing/victim.ts'), database.url('orders'), sink.url.href, task],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
const committed = async () =>
  (await admin`select id from events.outbox`).map(({ id }) => id as string).sort();
const unpublished = async () => (await admin`select 1 from events.outbox where published_at is null`).length;
const unique = (ids: string[]) => [...new Set(ids)].sort();

/** What the next process of the role does. */
const recover = async () => {
  const next = startProcess(database.url('orders'), sink.url);
  await next.outbox.start();
  await expect.poll(unpublished, eventually).toBe(0);
  await next.die();
};

/** Kills a victim while its transaction stands still in a trigger on the outbox; answers once its session is over. */
const killInTrigger = async (trigger: string) => {
  await admin.unsafe(`
    create function events.dawdle() returns trigger language plpgsql as
      $$ begin perform pg_sleep(0.5); return null; end $$;
    create ${trigger} execute function events.dawdle()`);
  const victim = startVictim('publish for ever');
  const died = once(victim, 'exit');
  const sessions = (where: string) =>
    admin.unsafe(
      `select 1 from pg_stat_activity where datname = '${database.name}' and usename like '%orders' ${where}`,
    );
  await expect.poll(async () => (await sessions(`and wait_event = 'PgSleep'`)).length, eventually).toBe(1);
  victim.kill('SIGKILL');
  await died;
  await expect.poll(async () => (await sessions('')).length, eventually).toBe(0);
  await admin.unsafe('drop function events.dawdle cascade');
};

test('killed before the commit: nothing is there and nothing goes out', async () => {
  await killInTrigger('trigger dawdle after insert on events.outbox');
  await recover();
  expect(await committed()).toEqual([]);
  expect(sink.requests).toEqual([]);
});

test('killed during the commit: the next process publishes what became of it', async () => {
  await killInTrigger(
    'constraint trigger dawdle after insert on events.outbox deferrable initially deferred for each row',
  );
  expect(await committed()).not.toEqual([]);
  expect(sink.requests).toEqual([]);
  await recover();
  expect(sink.acceptedIds().sort()).toEqual(await committed());
});

test('killed right after the commit: the next process publishes', async () => {
  await once(startVictim('publish and die'), 'exit');
  const ids = await committed();
  expect(ids).toHaveLength(5);
  await recover();
  expect(unique(sink.acceptedIds())).toEqual(ids);
});

test('killed between post and mark: it is published again with the same id', async () => {
  const victim = startVictim('publish for ever');
  const died = once(victim, 'exit');
  let first: string | undefined;
  sink.answer(({ headers }) => {
    if (first === undefined) {
      first = String(headers['ce-id']);
      victim.kill('SIGKILL');
    }
    return 202;
  });
  await died;
  await recover();
  expect(sink.acceptedIds().filter((id) => id === first).length).toBeGreaterThanOrEqual(2);
  expect(unique(sink.acceptedIds())).toEqual(await committed());
});

test.each([80, 160, 240])(
  'killed %i ms into a stream of transactions: all that was acknowledged goes out',
  async (ms) => {
    const victim = startVictim('publish for ever');
    const died = once(victim, 'exit');
    let told = '';
    victim.stdout?.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    await expect.poll(() => told.length, eventually).toBeGreaterThan(0);
    await sleep(ms);
    victim.kill('SIGKILL');
    await died;
    await recover();
    const whole = told.slice(0, told.lastIndexOf('\n')).split('\n');
    expect(await committed()).toEqual(expect.arrayContaining(unique(whole)));
    expect(unique(sink.acceptedIds())).toEqual(await committed());
  },
);
