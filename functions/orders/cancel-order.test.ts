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
  const body = { items: [{ sku: 'tea-sencha', quantity: 2 }], currency: 'EUR', paymentToken: 'tok_ok' };
  const placed = await request('POST', '/', { bearer, body, headers: { 'idempotency-key': uuidv7() } });
  const ids = { userId, orderId: placed.body.id as string, paymentId: uuidv7() };
  return {
    ...ids,
    placed: placed.body,
    pay: () => deliver(orders.app, eventOf(paymentSucceeded, ids)),
    fail: () => deliver(orders.app, eventOf(paymentFailed, { ...ids, reason: 'declined' })),
    cancel: () => request('POST', `/${ids.orderId}/cancel`, { bearer }),
    show: async () => (await request('GET', `/${ids.orderId}`, { bearer })).body,
  };
};
type TestOrder = Awaited<ReturnType<typeof newOrder>>;
const steps = async ({ show }: TestOrder) =>
  (await show()).history.map(({ status }: { status: string }) => status);
const told = async ({ orderId }: TestOrder) =>
  (
    await orders.database.sql`
      select type, event->'data' as data from events.outbox where subject = ${orderId} order by id`
  )
    .slice(1)
    .map(({ type, data }) => ({ type: type.replace('dev.kagari.', ''), data }));

describe('an order that is cancelled', () => {
  test('while pending tells so once, with nothing to refund', async () => {
    const order = await newOrder();
    const { orderId, userId, placed } = order;
    const answer = await order.cancel();
    expect([answer.status, answer.body]).toEqual([
      202,
      { ...placed, status: 'cancelled', failureReason: null },
    ]);
    expect(await steps(order)).toEqual(['pending', 'cancelled']);
    expect(await told(order)).toEqual([{ type: 'order.cancelled.v1', data: { orderId, userId } }]);
  });

  test('when paid tells what is to be refunded', async () => {
    const order = await newOrder();
    const { orderId, userId } = order;
    await order.pay();
    expect((await order.cancel()).status).toBe(202);
    expect(await steps(order)).toEqual(['pending', 'paid', 'cancelled']);
    expect((await told(order)).at(-1)).toEqual({
      type: 'order.cancelled.v1',
      data: { orderId, userId, refund: { amount: 2580, currency: 'EUR' } },
    });
  });

  test('stays cancelled, whatever its payment says afterwards', async () => {
    const order = await newOrder();
    await order.cancel();
    expect([await order.pay(), await order.fail()]).toEqual([204, 204]);
    expect(await steps(order)).toEqual(['pending', 'cancelled']);
    expect(await told(order)).toHaveLength(1);
  });

  test('by many at once is cancelled by one of them', async () => {
    const order = await newOrder();
    const answers = await Promise.all(Array.from({ length: 6 }, order.cancel));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array(5).fill(409)]);
    expect(await steps(order)).toEqual(['pending', 'cancelled']);
    expect(await told(order)).toHaveLength(1);
  });

  test('at the moment of its payment has a history in the order of what happened', async () => {
    for (let i = 0; i < 20; i++) {
      const order = await newOrder();
      const [paid, cancelled] = await Promise.all([order.pay(), order.cancel()]);
      expect([paid, cancelled.status]).toEqual([204, 202]);
      const history = await steps(order);
      const refund = (await told(order)).find(({ type }) => type === 'order.cancelled.v1')?.data.refund;
      expect(history).toEqual(refund ? ['pending', 'paid', 'cancelled'] : ['pending', 'cancelled']);
    }
  });
});

describe('an order that has failed', () => {
  test('is not cancelled: 409', async () => {
    const order = await newOrder();
    await order.fail();
    const { status, body } = await order.cancel();
    expect([status, body.code]).toEqual([409, 'not-cancellable']);
    expect(await steps(order)).toEqual(['pending', 'failed']);
  });

  test('or is cancelled at that moment ends one way', async () => {
    for (let i = 0; i < 20; i++) {
      const order = await newOrder();
      const [failed, { status }] = await Promise.all([order.fail(), order.cancel()]);
      expect(failed).toBe(204);
      expect(await steps(order)).toEqual(['pending', status === 202 ? 'cancelled' : 'failed']);
      expect(await told(order)).toHaveLength(1);
    }
  });
});

test('another’s order is not there to be cancelled', async () => {
  const order = await newOrder();
  const bearer = await world.identity.token({ sub: uuidv7() });
  expect((await request('POST', `/${order.orderId}/cancel`, { bearer })).status).toBe(404);
  expect((await request('POST', `/${uuidv7()}/cancel`, { bearer })).status).toBe(404);
  expect(await steps(order)).toEqual(['pending']);
});
