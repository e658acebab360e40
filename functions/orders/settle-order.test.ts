import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paymentFailed, paymentSucceeded } from '../../eventing/contracts/payment.ts';
import { clientOf } from '../../test/flow/support/client.ts';
import { deliver, eventOf } from '../../test/flow/support/events.ts';
import { createWorld, type FlowWorld } from '../../test/flow/support/world.ts';
import { startTestApp } from './testing.ts';

let world: FlowWorld;
let orders: Awaited<ReturnType<typeof startTestApp>>;
let request: ReturnType<typeof clientOf>;

beforeAll(async () => {
  world = await createWorld();
  orders = await startTestApp(world.of('orders'));
  request = clientOf(orders.app);
});
afterAll(async () => {
  await orders?.close();
  await world?.close();
});

const newOrder = async () => {
  const userId = uuidv7();
  const bearer = await world.identity.token({ sub: userId });
  const body = { items: [{ sku: 'tea-sencha', quantity: 1 }], currency: 'EUR', paymentToken: 'tok_ok' };
  const placed = await request('POST', '/', { bearer, body, headers: { 'idempotency-key': uuidv7() } });
  const orderId = placed.body.id as string;
  const show = async () => (await request('GET', `/${orderId}`, { bearer })).body;
  return { userId, orderId, paymentId: uuidv7(), show };
};
const told = async (orderId: string) =>
  (
    await orders.database.sql`
      select type, event->'data' as data from events.outbox where subject = ${orderId} order by id`
  ).slice(1);

describe('the payment of an order', () => {
  test('that succeeded makes it paid, and tells so once', async () => {
    const { show, ...ids } = await newOrder();
    expect(await deliver(orders.app, eventOf(paymentSucceeded, ids))).toBe(204);
    const order = await show();
    expect(order).toMatchObject({ status: 'paid', failureReason: null });
    expect(order.history.map(({ status }: { status: string }) => status)).toEqual(['pending', 'paid']);
    const total = { amount: 1290, currency: 'EUR' };
    expect(await told(ids.orderId)).toEqual([{ type: 'dev.kagari.order.paid.v1', data: { ...ids, total } }]);
  });

  test('that failed makes it failed with the reason, and tells so once', async () => {
    const { show, ...ids } = await newOrder();
    expect(await deliver(orders.app, eventOf(paymentFailed, { ...ids, reason: 'declined' }))).toBe(204);
    expect(await show()).toMatchObject({ status: 'failed', failureReason: 'declined' });
    const { orderId, userId } = ids;
    expect(await told(orderId)).toEqual([
      { type: 'dev.kagari.order.failed.v1', data: { orderId, userId, reason: 'declined' } },
    ]);
  });

  test('told again, as the same event or another one, changes nothing', async () => {
    const { show, ...ids } = await newOrder();
    const event = eventOf(paymentSucceeded, ids);
    const codes = await Promise.all(
      [event, event, event, eventOf(paymentSucceeded, ids)].map((e) => deliver(orders.app, e)),
    );
    expect(codes).toEqual([204, 204, 204, 204]);
    expect((await show()).history).toHaveLength(2);
    expect(await told(ids.orderId)).toHaveLength(1);
  });

  test('of an order that is not there is 503: perhaps not yet', async () => {
    const ids = { orderId: uuidv7(), userId: uuidv7(), paymentId: uuidv7() };
    const event = eventOf(paymentSucceeded, ids);
    expect(await deliver(orders.app, event)).toBe(503);
    expect(await orders.database.sql`select 1 from events.inbox where id = ${event.id}`).toHaveLength(0);
  });

  test.each([
    ['ends otherwise', (ids: Ids) => eventOf(paymentFailed, { ...ids, reason: 'declined' })],
    ['is another payment', (ids: Ids) => eventOf(paymentSucceeded, { ...ids, paymentId: uuidv7() })],
    ['is of another user', (ids: Ids) => eventOf(paymentSucceeded, { ...ids, userId: uuidv7() })],
    ['has no ids', () => ({ ...eventOf(paymentSucceeded, someIds), data: { orderId: 'none' } })],
    ['has no data', () => ({ ...eventOf(paymentSucceeded, someIds), data: undefined })],
  ])('that %s is 422 and changes nothing', async (_, contradicting) => {
    const { show, ...ids } = await newOrder();
    await deliver(orders.app, eventOf(paymentSucceeded, ids));
    const before = await show();
    expect(await deliver(orders.app, contradicting(ids))).toBe(422);
    expect(await show()).toEqual(before);
    expect(await told(ids.orderId)).toHaveLength(1);
  });

  test('of another user does not end a pending order either', async () => {
    const { show, ...ids } = await newOrder();
    expect(await deliver(orders.app, eventOf(paymentSucceeded, { ...ids, userId: uuidv7() }))).toBe(422);
    expect(await show()).toMatchObject({ status: 'pending' });
  });

  test('of a cancelled order leaves it cancelled', async () => {
    const { show, ...ids } = await newOrder();
    await orders.database.sql`update orders.orders set status = 'cancelled' where id = ${ids.orderId}`;
    expect(await deliver(orders.app, eventOf(paymentSucceeded, ids))).toBe(204);
    expect(await show()).toMatchObject({ status: 'cancelled' });
    expect(await told(ids.orderId)).toEqual([]);
  });

  test('that ends both ways at once ends one way', async () => {
    const { show, ...ids } = await newOrder();
    const codes = await Promise.all([
      deliver(orders.app, eventOf(paymentSucceeded, ids)),
      deliver(orders.app, eventOf(paymentFailed, { ...ids, reason: 'declined' })),
    ]);
    expect(codes.sort()).toEqual([204, 422]);
    expect((await show()).history).toHaveLength(2);
    expect(await told(ids.orderId)).toHaveLength(1);
  });
});

test('an event of a type that orders does not know is 422', async () => {
  expect(await deliver(orders.app, { ...eventOf(paymentSucceeded, someIds), type: 'x.unknown' })).toBe(422);
});

interface Ids {
  orderId: string;
  userId: string;
  paymentId: string;
}
const someIds: Ids = { orderId: uuidv7(), userId: uuidv7(), paymentId: uuidv7() };
