import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { orderCancelled } from '../../eventing/contracts/order.ts';
import { deliver, eventOf } from '../../test/flow/support/events.ts';
import { captured, startPaymentsAndBank } from '../../test/flow/support/payments-and-bank.ts';
import { createWorld, type FlowWorld } from '../../test/flow/support/world.ts';
import { startTestApp } from './testing.ts';

let world: FlowWorld;
let both: Awaited<ReturnType<typeof startPaymentsAndBank>>;

beforeAll(async () => {
  world = await createWorld();
  both = await startPaymentsAndBank(world);
});
afterAll(async () => {
  await both?.close();
  await world?.close();
});

const newOrder = async (token: string) => {
  const order = await both.newOrder(token);
  const event = eventOf(orderCancelled, { orderId: order.orderId, userId: order.userId });
  const paymentId = async () => (await both.paymentsOf(order.orderId))[0] ?? '';
  return {
    ...order,
    paymentId,
    cancelled: event,
    cancel: () => deliver(both.payments.app, event),
    pay: async () => both.webhook(captured(await paymentId())),
    tells: async () => (await both.told(await paymentId())).map(({ type }) => type.split('.').at(-2)),
    charge: async () =>
      (
        await both.bank.database.sql`
        select status, captures, refunds from bank.charges where payment_id = ${await paymentId()}`
      )[0],
  };
};
const reconcile = () => both.request('POST', '/reconcile');
const openCancellations = async (orderId: string) =>
  (
    await both.payments.database.sql`
      select 1 from payments.cancellations where order_id = ${orderId} and ended_at is null`
  ).length;

describe('the payment of a cancelled order', () => {
  test('that succeeded is refunded once, and tells so once', async () => {
    const order = await newOrder('tok_ok');
    const { orderId, userId } = order;
    await order.deliver();
    await order.pay();
    expect([await order.cancel(), await order.cancel()]).toEqual([204, 204]);
    const answers = await Promise.all([reconcile(), reconcile(), reconcile()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const paymentId = await order.paymentId();
    const { body } = await order.status();
    expect(body).toMatchObject({ status: 'refunded', captures: 1 });
    expect(body.history.map(({ status }: { status: string }) => status)).toEqual([
      'initiated',
      'succeeded',
      'refunded',
    ]);
    expect(await order.charge()).toEqual({ status: 'refunded', captures: 1, refunds: 1 });
    expect((await both.told(paymentId)).at(-1)).toEqual({
      type: 'dev.kagari.payment.refunded.v1',
      data: { paymentId, orderId, userId },
    });
    expect(await order.tells()).toEqual(['initiated', 'succeeded', 'refunded']);
    expect((await reconcile()).body).toEqual({ settled: 0 });
  });

  test('whose capture was not told yet is refunded, and its late webhook changes nothing', async () => {
    const order = await newOrder('tok_ok');
    await order.deliver();
    await order.cancel();
    await reconcile();
    expect((await order.status()).body.status).toBe('refunded');
    expect((await order.pay()).status).toBe(204);
    expect((await order.status()).body).toMatchObject({ status: 'refunded', captures: 1 });
    expect(await order.tells()).toEqual(['initiated', 'succeeded', 'refunded']);
  });

  test('that the bank has pending is cancelled there and fails', async () => {
    const order = await newOrder('tok_late');
    await order.deliver();
    await order.cancel();
    await reconcile();
    expect((await order.status()).body).toMatchObject({ status: 'failed', captures: 0 });
    expect(await order.charge()).toMatchObject({ status: 'cancelled', refunds: 0 });
    expect((await both.told(await order.paymentId())).at(-1)?.data).toMatchObject({ reason: 'cancelled' });
    expect(await openCancellations(order.orderId)).toBe(0);
  });

  test('that had failed is left as it is', async () => {
    const order = await newOrder('tok_silent');
    await order.deliver();
    await both.payments.database
      .sql`update payments.payments set deadline_at = now() where order_id = ${order.orderId}`;
    await reconcile();
    await order.cancel();
    await reconcile();
    expect(await order.tells()).toEqual(['initiated', 'failed']);
    expect(await openCancellations(order.orderId)).toBe(0);
  });

  test('that was cancelled before payments heard of it is never charged', async () => {
    const order = await newOrder('tok_ok');
    expect(await order.cancel()).toBe(204);
    expect((await reconcile()).body).toEqual({ settled: 0 });
    expect(await order.deliver()).toBe(204);
    await reconcile();
    expect((await order.status()).body).toMatchObject({ status: 'failed', captures: 0 });
    expect(await order.charge()).toMatchObject({ status: 'cancelled', captures: 0 });
    expect(await order.tells()).toEqual(['initiated', 'failed']);
  });

  test('is asked for again where the bank is away, and nothing is lost', async () => {
    const order = await newOrder('tok_ok');
    await order.deliver();
    await order.pay();
    const alone = await startTestApp(world.of('payments'));
    expect(await deliver(alone.app, order.cancelled)).toBe(204);
    expect((await alone.app.request('/reconcile', { method: 'POST' })).status).toBe(503);
    await alone.close();
    expect((await order.status()).body.status).toBe('succeeded');
    await reconcile();
    expect((await order.status()).body.status).toBe('refunded');
  });

  test('of another user is 422', async () => {
    const order = await newOrder('tok_ok');
    const other = await newOrder('tok_ok');
    await order.deliver();
    const event = eventOf(orderCancelled, { orderId: order.orderId, userId: other.userId });
    expect(await deliver(both.payments.app, event)).toBe(422);
    expect(await openCancellations(order.orderId)).toBe(0);
  });
});

test('the timer refunds without being asked, also what an earlier process left', async () => {
  const left = await newOrder('tok_ok');
  await left.deliver();
  await left.pay();
  await left.cancel();
  const next = await startTestApp(world.of('payments'), { bankUrl: both.bankServer.url });
  next.deadlines.start();
  await expect.poll(left.tells, { timeout: 10_000 }).toContain('refunded');
  const now = await newOrder('tok_ok');
  await deliver(next.app, now.event);
  await deliver(next.app, now.cancelled);
  await expect.poll(now.tells, { timeout: 10_000 }).toContain('refunded');
  const early = await newOrder('tok_ok');
  await deliver(next.app, early.cancelled);
  await deliver(next.app, early.event);
  await expect.poll(early.tells, { timeout: 10_000 }).toEqual(['initiated', 'failed']);
  await next.close();
});
