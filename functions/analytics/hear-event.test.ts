import postgres from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Contract } from '../../eventing/contracts/contract.ts';
import { orderPaid, orderPlaced } from '../../eventing/contracts/order.ts';
import { createInbox } from '../../eventing/outbox/inbox.ts';
import { eventOf } from '../../test/flow/support/events.ts';
import { createWorld, type FlowWorld } from '../../test/flow/support/world.ts';
import { connect, type Database } from '../kit/database.ts';
import { readTold } from './facts.ts';
import { createHearing } from './hear-event.ts';
import { createStore } from './store.ts';

let world: FlowWorld;
let database: Database;

beforeAll(async () => {
  world = await createWorld();
  database = connect(world.database.url('analytics'), { max: 2 });
});
afterAll(async () => {
  await database?.close();
  await world?.close();
});
beforeEach(() => {
  reads = 0;
});

let reads = 0;
const startHearing = () => {
  const store = createStore(database.db);
  const inbox = createInbox(database.sql);
  const hearEvent = createHearing({
    async factsOf(subject) {
      reads++;
      return store.factsOf(subject);
    },
  });
  return async (contract: Contract, data: unknown) => {
    const event = eventOf(contract, data);
    await hearEvent(
      (work, compose) => inbox.receiveBy({ consumer: 'analytics', event, ms: 0 }, work, compose),
      contract.type,
      readTold(contract, event, data),
    );
  };
};

const newOrder = () => {
  const ids = { orderId: uuidv7(), userId: uuidv7(), paymentId: uuidv7() };
  const total = { amount: 1290, currency: 'EUR' };
  const items = [{ sku: 'a', quantity: 1, unitAmount: 1290 }];
  return { placed: { ...ids, items, total, paymentToken: 'tok_ok' }, paid: { ...ids, total }, ...ids };
};
const learned = async (orderId: string) =>
  (await database.sql`select facts->'at' as at from analytics.subjects where id = ${orderId}`).flatMap(
    ({ at }) => Object.keys(at).sort(),
  );
const sums = async () =>
  Object.fromEntries(
    (await createStore(database.db).sums()).map(({ name, label, value }) => [`${name} ${label}`, value]),
  );

test('events of a subject that come in their order to one process cost no reading', async () => {
  const hear = startHearing();
  const order = newOrder();
  await hear(orderPlaced, order.placed);
  await hear(orderPaid, order.paid);
  expect(reads).toBe(0);
  expect(await learned(order.orderId)).toEqual(['paid', 'placed']);
});

test('what another process has learned counts, whatever is remembered or thought', async () => {
  const [here, there] = [startHearing(), startHearing()];
  const [one, two] = [newOrder(), newOrder()];
  const before = await sums();
  await here(orderPlaced, one.placed);
  await there(orderPaid, one.paid);
  await here(orderPaid, one.paid);
  await there(orderPaid, two.paid);
  await here(orderPlaced, two.placed);
  expect(await learned(one.orderId)).toEqual(['paid', 'placed']);
  expect(await learned(two.orderId)).toEqual(['paid', 'placed']);
  const after = await sums();
  expect(after['orders paid']).toBe((before['orders paid'] ?? 0) + 2);
  expect(after['orders pending']).toBe((before['orders pending'] ?? 0) + 2);
  expect(after['orders-now paid']).toBe((before['orders-now paid'] ?? 0) + 2);
});

test('what is remembered of a subject that is gone from the table is not counted on', async () => {
  const hear = startHearing();
  const order = newOrder();
  await hear(orderPlaced, order.placed);
  const before = await sums();
  const admin = postgres(world.database.adminUrl, { max: 1 });
  await admin`delete from analytics.subjects where id = ${order.orderId}`;
  await admin.end();
  await hear(orderPaid, order.paid);
  expect(await learned(order.orderId)).toEqual(['paid']);
  expect((await sums())['orders-now pending']).toBe(before['orders-now pending']);
});
