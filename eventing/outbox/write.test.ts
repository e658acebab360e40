import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { orderCancelled } from '../contracts/order.ts';
import { insertEvents } from './insert-events.ts';
import { receiveEvent } from './receive-event.ts';
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

const received = () => ({ id: randomUUID(), source: '/payments', type: 'test', subject: 's' });
/** Takes an event and publishes one, where `$2` is true. */
const take = (event: ReturnType<typeof received>, by = process, wanted = true) =>
  by.outbox.receiveBy<{ received: boolean }>(
    { consumer: 'orders', event, ms: 3.4 },
    (publish) => publish(orderCancelled, someOrder()),
    (delivery, events) => ({
      text: `with ${receiveEvent('$1', '$2::text::bool')},
        told as (${insertEvents('$3', '$4', 'exists (select from receipt)')})
        select exists (select from receipt) as received`,
      parameters: [delivery, String(wanted), ...events],
      wrote: ([row]) => row?.received ?? false,
    }),
  );
const attempts = (id: string) => process.sql`select code, ms from events.attempts where id = ${id}`;

test('one statement takes an event once, with its attempt, however many processes have it', async () => {
  const other = startProcess(database.url('orders'), sink.url);
  const event = received();
  const rows = await Promise.all([process, other, process, other].map((by) => take(event, by)));
  expect(rows.filter(({ received }) => received)).toHaveLength(1);
  expect(await attempts(event.id)).toEqual([{ code: 204, ms: 3 }]);
  await expect.poll(() => sink.accepted, eventually).toHaveLength(1);
  expect(await process.outbox.receive({ consumer: 'orders', event }, async () => {})).toBe('duplicate');
  await other.die();
});

test('an event that a statement did not take has no receipt and no attempt, and may come again', async () => {
  const event = received();
  expect(await take(event, process, false)).toEqual({ received: false });
  expect(await attempts(event.id)).toHaveLength(0);
  expect(await take(event)).toEqual({ received: true });
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
