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
  admin = postgres(database.adminUrl, { max: 1 });
});
afterEach(async () => {
  await admin.end();
  await sink.down();
  await database.drop();
});

const eventually = { timeout: 15_000, interval: 20 };
const startVictim = (moment: string): ChildProcess =>
  spawn(
    process.execPath,
    [join(import.meta.dirname, 'testing/victim.ts'), database.url('orders'), sink.url.href, moment],
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

test('killed before the commit: nothing is there and nothing goes out', async () => {
  await once(startVictim('before the commit'), 'exit');
  await recover();
  expect(await committed()).toEqual([]);
  expect(sink.requests).toEqual([]);
});

test('killed right after the commit: the next process publishes', async () => {
  await once(startVictim('after the commit'), 'exit');
  const ids = await committed();
  expect(ids).toHaveLength(5);
  await recover();
  expect(unique(sink.acceptedIds())).toEqual(ids);
});

test('killed between post and mark: it is published again with the same id', async () => {
  const victim = startVictim('while publishing');
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
    const victim = startVictim('while publishing');
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
