import { sql as drizzleSql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import type { CloudEvent } from '../contracts/cloud-event.ts';
import { orderCancelled, orderFailed } from '../contracts/order.ts';
import { type Process, publishMany, quick, someOrder, startProcess } from './testing/harness.ts';
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
const unpublished = async () => {
  const [row] = await process.sql`select count(*)::int as n from events.outbox where published_at is null`;
  return row?.n;
};
const received = (): CloudEvent => ({
  specversion: '1.0',
  id: uuidv7(),
  source: '/payments',
  type: 'test',
  subject: 's',
});

test('a committed event reaches the sink in binary mode, with everything its contract says, and is marked', async () => {
  const order = someOrder();
  const id = await process.outbox.publish(orderFailed, { ...order, reason: 'abgelehnt – “no”' });
  await expect.poll(() => sink.accepted, eventually).toHaveLength(1);
  const [{ headers, body } = { headers: {}, body: '' }] = sink.accepted;
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': id,
    'ce-source': '/orders',
    'ce-type': 'dev.kagari.order.failed.v1',
    'ce-subject': order.orderId,
    'ce-partitionkey': order.orderId,
  });
  expect(Math.abs(Date.parse(String(headers['ce-time'])) - Date.now())).toBeLessThan(5000);
  expect(JSON.parse(body)).toEqual({ ...order, reason: 'abgelehnt – “no”' });
  await expect.poll(unpublished, eventually).toBe(0);
});

test('an event of a transaction that fails reaches no sink and leaves no row', async () => {
  const failing = process.outbox.transaction(async (tx, publish) => {
    await publish(orderCancelled, someOrder());
    await tx.execute(drizzleSql`select 1 / 0`);
  });
  await expect(failing).rejects.toThrow();
  await publishMany(process.outbox, 1);
  await expect.poll(unpublished, eventually).toBe(0);
  expect(sink.requests).toHaveLength(1);
});

test('data that breaks its contract fails the transaction, even where the work catches the error', async () => {
  const work = process.outbox.transaction(async (tx, publish) => {
    await publish(orderCancelled, someOrder());
    await publish(orderCancelled, { orderId: 'no uuid', userId: uuidv7() }).catch(() => {});
    return tx.execute(drizzleSql`select 1`);
  });
  await expect(work).rejects.toThrow('orderId');
  expect(await unpublished()).toBe(0);
  expect(sink.requests).toHaveLength(0);
});

test('publishing after the end of the transaction is an error, not a lost event', async () => {
  let late: (() => Promise<unknown>) | undefined;
  await process.outbox.transaction(async (_, publish) => {
    late = () => publish(orderCancelled, someOrder());
  });
  await expect(late?.()).rejects.toThrow('after the end');
});

test('the answer does not wait for the sink, and the sink gets the event without a timer', async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  sink.answer(() => gate.then(() => 202));
  await publishMany(process.outbox, 1);
  const committed = performance.now();
  await expect.poll(() => sink.requests.length, eventually).toBe(1);
  expect(performance.now() - committed).toBeLessThan(quick.holdMs ?? 0);
  expect(await unpublished()).toBe(1);
  release();
  await expect.poll(unpublished, eventually).toBe(0);
});

test('a received event does its work once; its repetition is a duplicate and publishes nothing', async () => {
  const event = received();
  let runs = 0;
  const receive = () =>
    process.outbox.receive({ consumer: 'orders', event }, async (_, publish) => {
      runs++;
      await publish(orderCancelled, someOrder());
    });
  expect(await receive()).toBe('done');
  expect(await receive()).toBe('duplicate');
  expect(runs).toBe(1);
  await expect.poll(unpublished, eventually).toBe(0);
  expect(sink.accepted).toHaveLength(1);
});

test('duplicates that arrive together, in two processes, do their work once', async () => {
  const other = startProcess(database.url('orders'), sink.url);
  for (let round = 0; round < 20; round++) {
    const event = received();
    let running = 0;
    let together = 0;
    const deliver = ({ outbox }: Process) =>
      outbox.receive({ consumer: 'orders', event }, async (tx) => {
        together = Math.max(together, ++running);
        await tx.execute(drizzleSql`select pg_sleep(0.002)`);
        running--;
      });
    const outcomes = await Promise.all([process, other, process, other].map(deliver));
    expect(outcomes.sort()).toEqual(['done', 'duplicate', 'duplicate', 'duplicate']);
    expect(together).toBe(1);
  }
  await other.die();
});

test('a duplicate that waited for work which then fails does the work itself', async () => {
  const event = received();
  let fail: (error: Error) => void = () => {};
  const failing = new Promise<void>((_, reject) => {
    fail = reject;
  });
  let begun = () => {};
  const running = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const first = process.outbox.receive({ consumer: 'orders', event }, () => {
    begun();
    return failing;
  });
  await running;
  const second = process.outbox.receive({ consumer: 'orders', event }, async () => {});
  fail(new Error('not yet'));
  await expect(first).rejects.toThrow('not yet');
  expect(await second).toBe('done');
});

test('consumers of one event each do their work', async () => {
  const event = received();
  expect(await process.outbox.receive({ consumer: 'a', event }, async () => {})).toBe('done');
  expect(await process.outbox.receive({ consumer: 'b', event }, async () => {})).toBe('done');
});

test('source and id together name an event, of any length and with any character', async () => {
  const receive = (source: string, id: string) =>
    process.outbox.receive({ consumer: 'any', event: { ...received(), source, id } }, async () => {});
  expect(await receive('/a', 'bc')).toBe('done');
  expect(await receive('/ab', 'c')).toBe('done');
  const long = 'x'.repeat(20_000);
  expect(await receive(long, `${long}\0`)).toBe('done');
  expect(await receive(long, long)).toBe('done');
  expect(await receive(long, `${long}\0`)).toBe('duplicate');
});

test('an event sent again keeps its id and source, whatever it holds', async () => {
  const event: CloudEvent = {
    specversion: '1.0',
    id: 'not a uuid; 100% "quoted" – ü\u0000',
    source: '/elsewhere',
    type: 'com.example.odd',
    subject: 's'.repeat(5000),
    datacontenttype: 'application/json',
    kagariredrive: 1,
    data: { text: 'null \u0000 character', big: 12345678901234 },
  };
  for (let round = 0; round < 2; round++) await process.outbox.transaction((_, __, resend) => resend(event));
  await expect.poll(() => sink.accepted, eventually).toHaveLength(2);
  for (const { headers, body } of sink.accepted) {
    expect(decodeURIComponent(String(headers['ce-id']))).toBe(event.id);
    expect(headers).toMatchObject({ 'ce-source': '/elsewhere', 'ce-kagariredrive': '1' });
    expect(JSON.parse(body)).toEqual(event.data);
  }
});

test('attempts are kept in their order, failed ones too', async () => {
  const event = received();
  await process.outbox.recordAttempt({ consumer: 'orders', event, code: 503, reason: 'not yet \0', ms: 12 });
  await process.outbox.recordAttempt({ consumer: 'orders', event, code: 204, ms: 7 });
  const rows = await process.sql`
    select role::text, consumer, source, type, subject, code, reason, ms from events.attempts
    where id = ${event.id} order by seq`;
  const common = {
    role: 'kagari_template_orders',
    consumer: 'orders',
    source: '/payments',
    type: 'test',
    subject: 's',
  };
  expect(rows).toEqual([
    { ...common, code: 503, reason: 'not yet \uFFFD', ms: 12 },
    { ...common, code: 204, reason: null, ms: 7 },
  ]);
});
