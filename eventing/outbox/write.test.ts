import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { orderCancelled } from '../contracts/order.ts';
import { insertEvents } from './insert-events.ts';
import { type Process, publishMany, someOrder, startProcess } from './testing/harness.ts';
import { type Sink, startSink } from './testing/sink.ts';

let database: TestDatabase;
let sink: Sink;
let process: Process;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  sink = await startSink();
  process = startProcess(database.url('orders'), sink.url);
});
afterEach(async () => {
  await process.die();
  await sink.down();
});

const eventually = { timeout: 25_000, interval: 5 };
const rows = async () => {
  const [row] = await process.sql<{ n: number }[]>`select count(*)::int as n from events.outbox`;
  return row?.n ?? 0;
};

/** Writes its event where `$1` is true, and fails where it is null. */
const write = (wanted: boolean | null) =>
  process.outbox.write<{ wrote: boolean }>(
    (publish) => publish(orderCancelled, someOrder()),
    (events) => ({
      text: `with told as (${insertEvents('$2', '$3', '$1::text::bool')} returning id)
        select exists (select from told) as wrote, 1 / ($1::text is not null)::int`,
      parameters: [wanted === null ? null : String(wanted), ...events],
      wrote: ([row]) => row?.wrote ?? false,
    }),
  );

test('one statement writes its event, which reaches the sink once and is marked', async () => {
  const before = await rows();
  expect(await write(true)).toMatchObject([{ wrote: true }]);
  await expect.poll(() => sink.accepted, eventually).toHaveLength(1);
  expect(await rows()).toBe(before + 1);
  await expect
    .poll(() => process.sql`select 1 from events.outbox where published_at is null`, eventually)
    .toHaveLength(0);
  expect(sink.requests).toHaveLength(1);
});

test('a statement that wrote nothing, or failed, sends nothing and leaves nothing', async () => {
  const before = await rows();
  expect(await write(false)).toMatchObject([{ wrote: false }]);
  await expect(write(null)).rejects.toThrow('division by zero');
  await publishMany(process.outbox, 1);
  await expect.poll(() => sink.accepted, eventually).toHaveLength(1);
  expect(await rows()).toBe(before + 1);
});

test('data that breaks its contract is written by no statement', async () => {
  const before = await rows();
  const writing = process.outbox.write(
    (publish) => publish(orderCancelled, { orderId: 'none', userId: 'none' }),
    () => ({ text: 'select 1', parameters: [], wrote: () => true }),
  );
  await expect(writing).rejects.toThrow();
  expect(await rows()).toBe(before);
});
