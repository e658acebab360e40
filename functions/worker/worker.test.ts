import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { orderPaid } from '../../eventing/contracts/order.ts';
import { clientOf } from '../../test/flow/support/client.ts';
import { deliver, eventOf } from '../../test/flow/support/events.ts';
import { createWorld, type FlowWorld } from '../../test/flow/support/world.ts';
import { connect } from '../kit/database.ts';
import { startTestApp, type TestWorker } from './testing.ts';

let world: FlowWorld;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  world = await createWorld();
});
afterEach(async () => {
  for (const part of open.splice(0)) await part.close();
});
afterAll(async () => {
  await world?.close();
});

const start = async (options: TestWorker = {}) => {
  const worker = await startTestApp(world.of('worker'), options);
  open.push(worker);
  const health = async () => (await clientOf(worker.app)('GET', '/health')).body;
  const beats = async () =>
    (await worker.database.sql`select cause from worker.heartbeats order by id`).map(({ cause }) => cause);
  await worker.database.sql`delete from worker.heartbeats`;
  return { ...worker, health, beats };
};
const ping = {
  specversion: '1.0' as const,
  id: uuidv7(),
  source: '/apis/v1/namespaces/kagari/pingsources/worker',
  type: 'dev.knative.sources.ping',
  data: {},
};

/** A row that orders wrote before it was killed: nobody's hands are on it, for some time already. */
const leaveEvent = async () => {
  const orders = connect(world.database.url('orders'), { max: 1 });
  const event = eventOf(orderPaid, {
    orderId: uuidv7(),
    userId: uuidv7(),
    paymentId: uuidv7(),
    total: { amount: 1, currency: 'EUR' },
  });
  await orders.sql`
    insert into events.outbox (id, event, subject, type, held_until)
    values (${uuidv7()}, ${JSON.stringify(event)}::text::json, ${event.subject ?? null}, ${event.type},
      now() - interval '1 min')`;
  await orders.close();
  return event;
};
const cameOut = ({ id }: { id: string }) => world.sink.events.filter((event) => event.id === id).length;

describe('a ping', () => {
  test('is a heartbeat, publishes what dead processes left, and has overdue payments settled', async () => {
    let reconciled = 0;
    const worker = await start({ reconcile: async () => void reconciled++ });
    const event = await leaveEvent();
    expect(await worker.health()).toMatchObject({ status: 'ok', lastHeartbeat: null });
    expect(await deliver(worker.app, ping)).toBe(204);
    expect(await worker.beats()).toEqual(['ping']);
    expect(reconciled).toBe(1);
    expect(cameOut(event)).toBe(1);
    const { lastHeartbeat } = await worker.health();
    expect(Math.abs(Date.now() - Date.parse(lastHeartbeat))).toBeLessThan(5_000);
    expect(lastHeartbeat).toMatch(/Z$/);
  });

  test('whose reconciliation fails is 503, with heartbeat and sweep done all the same', async () => {
    const worker = await start({ reconcile: () => Promise.reject(new Error('payments is down')) });
    const event = await leaveEvent();
    expect(await deliver(worker.app, ping)).toBe(503);
    expect(await worker.beats()).toEqual(['ping']);
    expect(cameOut(event)).toBe(1);
  });

  test('drops heartbeats of more than a week ago', async () => {
    const worker = await start();
    await worker.database.sql`
      insert into worker.heartbeats (at, cause)
      values (now() - interval '8 days', 'start'), (now() - interval '6 days', 'start')`;
    await deliver(worker.app, ping);
    expect(await worker.beats()).toEqual(['start', 'ping']);
  });
});

describe('a start', () => {
  test('makes a round until it succeeds, and a second one', async () => {
    let tries = 0;
    const worker = await start({
      reconcile: async () => {
        if (++tries < 3) throw new Error('payments is down');
      },
      secondAfterMs: 2_000,
    });
    const event = await leaveEvent();
    worker.firstRounds.start();
    await expect.poll(() => tries, { timeout: 10_000 }).toBe(4);
    expect(cameOut(event)).toBe(1);
    expect(new Set(await worker.beats())).toEqual(new Set(['start']));
  });
});

test('without its database /health is 503, and says that it knows no heartbeat', async () => {
  const worker = await startTestApp({
    ...world.of('worker'),
    databaseUrl: 'postgres://nobody@127.0.0.1:1/nothing',
  });
  open.push(worker);
  const { status, body } = await clientOf(worker.app)('GET', '/health');
  expect([status, body]).toEqual([
    503,
    { status: 'unavailable', checks: { database: 'not reachable' }, lastHeartbeat: null },
  ]);
});

test('an event of another type is 422', async () => {
  const worker = await start();
  expect(await deliver(worker.app, { ...ping, type: 'dev.kagari.order.paid.v1' })).toBe(422);
  expect(await worker.beats()).toEqual([]);
});
