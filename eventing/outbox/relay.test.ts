import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import type { Log } from './log.ts';
import { createOutbox } from './outbox.ts';
import { type Process, publishMany, quick, silent, startProcess } from './testing/harness.ts';
import { type Received, type Sink, startSink } from './testing/sink.ts';

let database: TestDatabase;
let sink: Sink;
let running: Process[] = [];

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  sink = await startSink();
});
afterEach(async () => {
  sink.answer(() => 202);
  await Promise.all(running.map((process) => process.die()));
  running = [];
  await sink.down();
});

const start = (fn = 'orders', limits = quick, log: Log = silent): Process => {
  const process = startProcess(database.url(fn), sink.url, limits, log);
  running.push(process);
  return process;
};
const stop = async (process: Process) => {
  running = running.filter((other) => other !== process);
  await process.die();
};
const unpublished = async () => {
  const admin = postgres(database.adminUrl, { max: 1 });
  const [row] = await admin`select count(*)::int as n from events.outbox where published_at is null`;
  await admin.end();
  return row?.n as number;
};
/** Takes a row out of the others' way. */
const forgetRow = async (id: string) => {
  const admin = postgres(database.adminUrl, { max: 1 });
  await admin`delete from events.outbox where id = ${id}`;
  await admin.end();
};
/** A post that a busy machine makes late is sent again; with these only two relays that claim the same row send twice. */
const patient = { ...quick, holdMs: 60_000, postTimeoutMs: 30_000 };
const eventually = { timeout: 25_000, interval: 20 };
const unique = (ids: string[]) => [...new Set(ids)].sort();

test('while everyone lives, every event is posted exactly once, however many at a time', async () => {
  const [one, two] = [start('orders', patient), start('orders', patient)];
  await one.outbox.start();
  await two.outbox.start();
  sink.answer(() => new Promise((resolve) => setTimeout(() => resolve(202), Math.random() * 20)));
  const published = await Promise.all(
    [1, 5, 20, 40].flatMap((n) => [publishMany(one.outbox, n), publishMany(two.outbox, n)]),
  );
  await expect.poll(unpublished, eventually).toBe(0);
  expect(sink.acceptedIds().sort()).toEqual(published.flat().sort());
});

test('relays that start together share what is left, each row once', async () => {
  await sink.down();
  const writer = start();
  const ids = await publishMany(writer.outbox, 300);
  await stop(writer);
  expect(await unpublished()).toBe(300);
  await sink.up();
  for (const process of [1, 2, 3].map(() => start('orders', patient))) await process.outbox.start();
  await expect.poll(unpublished, eventually).toBe(0);
  expect(sink.acceptedIds().sort()).toEqual([...ids].sort());
});

test('events wait while the sink is down and go out by themselves when it is back', async () => {
  const process = start();
  await sink.down();
  const ids = (await Promise.all([publishMany(process.outbox, 3), publishMany(process.outbox, 80)])).flat();
  await sleep(1500);
  expect(await unpublished()).toBe(83);
  await sink.up();
  await expect.poll(unpublished, eventually).toBe(0);
  expect(unique(sink.acceptedIds())).toEqual(unique(ids));
});

test('a sink that is down costs one probe a back-off, not one a waiting event', async () => {
  const process = start();
  sink.answer(() => 503);
  await publishMany(process.outbox, 200);
  await expect.poll(() => sink.requests.length, eventually).toBeGreaterThan(0);
  await sleep(200);
  const before = sink.requests.length;
  await sleep(1000);
  // Back-off is at its longest, 150 to 200 ms: about six probes a second.
  expect(sink.requests.length - before).toBeLessThanOrEqual(10);
  sink.answer(() => 202);
  await expect.poll(unpublished, eventually).toBe(0);
});

test('a sink that never answers holds up neither the transaction nor the others for long', async () => {
  const process = start();
  let stuck = 0;
  sink.answer(() => (stuck++ === 0 ? new Promise<number>(() => {}) : 202));
  const ids = [...(await publishMany(process.outbox, 1)), ...(await publishMany(process.outbox, 5))];
  await expect.poll(unpublished, eventually).toBe(0);
  expect(unique(sink.acceptedIds())).toEqual(unique(ids));
});

test('an event that the sink refuses blocks no other, is not asked again soon, and is logged as an error', async () => {
  const errors: object[] = [];
  const process = start('orders', quick, { ...silent, error: (fields) => errors.push(fields) });
  let bad: string | undefined;
  const isBad = ({ headers }: Received) => headers['ce-id'] === bad;
  sink.answer((received) => {
    bad ??= String(received.headers['ce-id']);
    return isBad(received) ? 400 : 202;
  });
  await publishMany(process.outbox, 30);
  await expect.poll(unpublished, eventually).toBe(1);
  // Longer than its hold: only the refusal keeps it back.
  await sleep(1000);
  expect(sink.requests.filter(isBad)).toHaveLength(1);
  expect(errors).toMatchObject([{ id: bad, reason: 'the sink answered 400' }]);
  await forgetRow(String(bad));
});

test('the worker sweeps what crashed processes of all roles left, and only what is old enough', async () => {
  await sink.down();
  const writers = ['orders', 'payments', 'worker'].map((fn) => start(fn));
  const ids = (await Promise.all(writers.map(({ outbox }) => publishMany(outbox, 40)))).flat();
  for (const writer of writers) await stop(writer);
  await sink.up();
  const worker = start('worker', { ...patient, batch: 25 });
  expect(await worker.outbox.sweep({ olderThanMs: 60_000, limit: 1000 })).toBe(0);
  let swept = await worker.outbox.sweep({ olderThanMs: 0, limit: 30 });
  expect(swept).toBeGreaterThan(0);
  expect(swept).toBeLessThanOrEqual(30);
  // What its writer still holds comes with a later sweep.
  const sweepOn = async () => (swept += await worker.outbox.sweep({ olderThanMs: 0, limit: 1000 }));
  await expect.poll(sweepOn, eventually).toBe(120);
  await expect.poll(unpublished, eventually).toBe(0);
  expect(sink.acceptedIds().sort()).toEqual(ids.sort());
});

test('a sweep of another function posts its own rows only', async () => {
  await sink.down();
  const writer = start('payments');
  await publishMany(writer.outbox, 3);
  await stop(writer);
  await sink.up();
  const other = start('orders');
  expect(await other.outbox.sweep({ olderThanMs: 0, limit: 10 })).toBe(0);
  const worker = start('worker', patient);
  let swept = 0;
  const sweepOn = async () => (swept += await worker.outbox.sweep({ olderThanMs: 0, limit: 10 }));
  await expect.poll(sweepOn, eventually).toBe(3);
});

test('stopping waits for what is on its way', async () => {
  const process = start('orders', patient);
  sink.answer(async () => {
    await sleep(150);
    return 202;
  });
  const ids = await publishMany(process.outbox, 20);
  await stop(process);
  expect(sink.acceptedIds().sort()).toEqual(ids.sort());
  expect(await unpublished()).toBe(0);
});

test('stopping is bounded with a sink that hangs, and leaves the rows to the next process at once', async () => {
  const process = start('orders', { holdMs: 30_000, postTimeoutMs: 20_000 });
  sink.answer(() => new Promise<number>(() => {}));
  const ids = await publishMany(process.outbox, 40);
  await expect.poll(() => sink.requests.length, eventually).toBe(16);
  const begun = performance.now();
  await process.outbox.stop();
  expect(performance.now() - begun).toBeLessThan(4000);
  sink.answer(() => 202);
  await start('orders').outbox.start();
  // All but those whose post had no answer: their hold goes on.
  await expect.poll(unpublished, eventually).toBe(16);
  expect(unique(sink.acceptedIds()).length).toBe(24);
  for (const id of ids) await forgetRow(id);
});

test('an idle relay asks the database nothing', async () => {
  const queries: string[] = [];
  const sql = postgres(database.url('orders'), { max: 2, debug: (_, query) => queries.push(query) });
  const outbox = createOutbox({ sql, source: '/orders', sink: sink.url, log: silent, limits: quick });
  await outbox.start();
  await publishMany(outbox, 5);
  await expect.poll(unpublished, eventually).toBe(0);
  await expect.poll(() => quietFor(queries, 1500), eventually).toBe(true);
  await outbox.stop();
  await sql.end();
});

async function quietFor(queries: string[], ms: number): Promise<boolean> {
  const before = queries.length;
  await sleep(ms);
  return queries.length === before;
}
