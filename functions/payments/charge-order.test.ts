import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deliver } from '../../test/flow/support/events.ts';
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

const chargesOf = async (paymentId: string) =>
  (await both.bank.database.sql`select amount, status from bank.charges where payment_id = ${paymentId}`).map(
    ({ amount, status }) => ({ amount: Number(amount), status }),
  );

describe('order.placed', () => {
  test('makes a payment that the bank has, and tells so', async () => {
    const order = await both.newOrder('tok_silent');
    expect(await order.deliver()).toBe(204);
    const [paymentId = ''] = await both.paymentsOf(order.orderId);
    expect(await chargesOf(paymentId)).toEqual([{ amount: 1290, status: 'pending' }]);
    const { orderId, userId } = order;
    expect(await both.told(paymentId)).toEqual([
      {
        type: 'dev.kagari.payment.initiated.v1',
        data: { paymentId, orderId, userId, amount: 1290, currency: 'EUR' },
      },
    ]);
  });

  test('again and at once, as the same event or another one, makes one payment and one charge', async () => {
    const order = await both.newOrder('tok_ok');
    const other = { ...order.event, id: uuidv7() };
    const codes = await Promise.all(
      [order.event, order.event, order.event, other].map((event) => deliver(both.payments.app, event)),
    );
    expect(codes).toEqual([204, 204, 204, 204]);
    const [paymentId = '', ...more] = await both.paymentsOf(order.orderId);
    expect(more).toEqual([]);
    expect(await both.told(paymentId)).toHaveLength(1);
    expect((await order.status()).body).toMatchObject({ captures: 1 });
  });

  test('while the bank is down is 503; the next delivery charges the same payment', async () => {
    const order = await both.newOrder('tok_silent');
    const alone = await startTestApp(world.of('payments'));
    expect(await deliver(alone.app, order.event)).toBe(503);
    await alone.close();
    const [paymentId = ''] = await both.paymentsOf(order.orderId);
    expect(await both.told(paymentId)).toEqual([]);

    expect(await order.deliver()).toBe(204);
    expect(await both.paymentsOf(order.orderId)).toEqual([paymentId]);
    expect(await chargesOf(paymentId)).toHaveLength(1);
    expect(await both.told(paymentId)).toHaveLength(1);
  });

  test('whose webhook came before its own end is told in order, and once', async () => {
    const order = await both.newOrder('tok_ok');
    const alone = await startTestApp(world.of('payments'));
    await deliver(alone.app, order.event);
    await alone.close();
    const [paymentId = ''] = await both.paymentsOf(order.orderId);
    expect((await both.webhook(captured(paymentId))).status).toBe(204);
    expect(await order.deliver()).toBe(204);
    expect((await both.told(paymentId)).map(({ type }) => type)).toEqual([
      'dev.kagari.payment.initiated.v1',
      'dev.kagari.payment.succeeded.v1',
    ]);
  });

  test.each([
    ['another amount', { total: { amount: 1, currency: 'EUR' } }],
    ['another currency', { total: { amount: 1290, currency: 'JPY' } }],
    ['another token', { paymentToken: 'tok_ok' }],
    ['another user', { userId: uuidv7() }],
  ])('of an order that has a payment of %s is 422', async (_, other) => {
    const order = await both.newOrder('tok_silent');
    await order.deliver();
    const contradicting = {
      ...order.event,
      id: uuidv7(),
      data: { ...(order.event.data as object), ...other },
    };
    expect(await deliver(both.payments.app, contradicting)).toBe(422);
    const [paymentId = ''] = await both.paymentsOf(order.orderId);
    expect(await chargesOf(paymentId)).toEqual([{ amount: 1290, status: 'pending' }]);
  });

  test.each([
    ['without a total', { total: undefined }],
    ['of a negative amount', { total: { amount: -1, currency: 'EUR' } }],
    ['of nothing', { total: { amount: 0, currency: 'EUR' } }],
  ])('%s is 422', async (_, wrong) => {
    const order = await both.newOrder('tok_ok');
    const bad = { ...order.event, data: { ...(order.event.data as object), ...wrong } };
    expect(await deliver(both.payments.app, bad)).toBe(422);
    expect(await both.paymentsOf(order.orderId)).toEqual([]);
  });
});

describe('POST /initiate', () => {
  const initiate = (bearer: string, body: object) => both.request('POST', '/initiate', { bearer, body });

  test('answers the one payment of an own order, each time the same', async () => {
    const order = await both.newOrder('tok_silent');
    await order.deliver();
    const [paymentId] = await both.paymentsOf(order.orderId);
    for (let i = 0; i < 2; i++) {
      const { status, body } = await initiate(order.bearer, { orderId: order.orderId });
      expect([status, body]).toEqual([202, { paymentId }]);
    }
    expect(await both.told(paymentId ?? '')).toHaveLength(1);
  });

  test('asks the bank for a charge that it does not have yet', async () => {
    const order = await both.newOrder('tok_silent');
    const alone = await startTestApp(world.of('payments'));
    await deliver(alone.app, order.event);
    await alone.close();
    const [paymentId = ''] = await both.paymentsOf(order.orderId);
    expect(await chargesOf(paymentId)).toEqual([]);
    const answers = await Promise.all(
      [1, 2, 3].map(() => initiate(order.bearer, { orderId: order.orderId })),
    );
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(await chargesOf(paymentId)).toHaveLength(1);
    expect(await both.told(paymentId)).toHaveLength(1);
  });

  test('of an order that is unknown or not yours is 404', async () => {
    const order = await both.newOrder('tok_silent');
    await order.deliver();
    const stranger = await world.identity.token({ sub: uuidv7() });
    expect((await initiate(stranger, { orderId: order.orderId })).status).toBe(404);
    for (const orderId of [uuidv7(), '11111111-1111-1111-1111-111111111111'])
      expect((await initiate(order.bearer, { orderId })).status).toBe(404);
  });

  test('takes no amount from the caller', async () => {
    const order = await both.newOrder('tok_silent');
    await order.deliver();
    const { status, body } = await initiate(order.bearer, { orderId: order.orderId, amount: 1 });
    expect([status, body.errors[0].pointer]).toEqual([422, '#/amount']);
  });
});
