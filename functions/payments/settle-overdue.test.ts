import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deliver } from '../../test/flow/support/events.ts';
import { captured, startPaymentsAndBank } from '../../test/flow/support/payments-and-bank.ts';
import { createWorld, type FlowWorld } from '../../test/flow/support/world.ts';
import { createHttpServer } from '../kit/http-server.ts';
import { testBase } from '../kit/testing.ts';
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

const newPayment = async (token: string) => {
  const order = await both.newOrder(token);
  await order.deliver();
  const [paymentId = ''] = await both.paymentsOf(order.orderId);
  return { ...order, paymentId };
};
const makeOverdue = (paymentId: string) =>
  both.payments.database.sql`update payments.payments set deadline_at = now() where id = ${paymentId}`;
const reconcile = () => both.request('POST', '/reconcile');
const lastTold = async (paymentId: string) => (await both.told(paymentId)).at(-1);

describe('at its deadline a payment', () => {
  test('of a silent bank fails, and the charge is cancelled', async () => {
    const { paymentId, orderId, userId, status } = await newPayment('tok_silent');
    await makeOverdue(paymentId);
    expect((await reconcile()).body).toEqual({ settled: 1 });
    expect((await status()).body).toMatchObject({ status: 'failed', captures: 0 });
    expect(await lastTold(paymentId)).toEqual({
      type: 'dev.kagari.payment.failed.v1',
      data: { paymentId, orderId, userId, reason: 'deadline' },
    });
    expect((await reconcile()).body).toEqual({ settled: 0 });
  });

  test.each([
    ['tok_ok', { status: 'succeeded', captures: 1 }, { type: 'dev.kagari.payment.succeeded.v1' }],
    [
      'tok_declined',
      { status: 'failed', captures: 0 },
      { type: 'dev.kagari.payment.failed.v1', data: { reason: 'declined' } },
    ],
  ])('whose webhook of %s got lost ends as the bank says', async (token, state, event) => {
    const { paymentId, status } = await newPayment(token);
    await makeOverdue(paymentId);
    await reconcile();
    expect((await status()).body).toMatchObject(state);
    expect(await lastTold(paymentId)).toMatchObject(event);
  });

  test('that the bank never heard of fails, and can never be charged afterwards', async () => {
    const order = await both.newOrder('tok_ok');
    const alone = await startTestApp(world.of('payments'));
    await deliver(alone.app, order.event);
    await alone.close();
    const [paymentId = ''] = await both.paymentsOf(order.orderId);
    await makeOverdue(paymentId);
    await reconcile();
    expect(await order.deliver()).toBe(204);
    expect((await order.status()).body).toMatchObject({ status: 'failed', captures: 0 });
    expect((await both.told(paymentId)).map(({ type }) => type)).toEqual([
      'dev.kagari.payment.initiated.v1',
      'dev.kagari.payment.failed.v1',
    ]);
  });

  test('settled by several at once, and by its webhook, ends once', async () => {
    const payments = await Promise.all([1, 2, 3, 4, 5].map(() => newPayment('tok_ok')));
    for (const { paymentId } of payments) await makeOverdue(paymentId);
    const answers = await Promise.all([
      ...payments.map(({ paymentId }) => both.webhook(captured(paymentId))),
      reconcile(),
      reconcile(),
      reconcile(),
    ]);
    expect(answers.every(({ status }) => status === 204 || status === 200)).toBe(true);
    for (const { paymentId, status } of payments) {
      expect(await both.told(paymentId)).toHaveLength(2);
      expect((await status()).body.history).toHaveLength(2);
    }
  });

  test('stays open while the bank is down', async () => {
    const { paymentId, status } = await newPayment('tok_silent');
    await makeOverdue(paymentId);
    const alone = await startTestApp(world.of('payments'));
    const answer = await alone.app.request('/reconcile', { method: 'POST' });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    await alone.close();
    expect((await status()).body.status).toBe('initiated');
    await reconcile();
    expect((await status()).body.status).toBe('failed');
  });

  test('before it is nobody’s business', async () => {
    const { status } = await newPayment('tok_silent');
    expect((await reconcile()).body).toEqual({ settled: 0 });
    expect((await status()).body.status).toBe('initiated');
  });
});

describe('the timer', () => {
  test('settles a payment at its deadline, not before', async () => {
    const soon = await startTestApp(world.of('payments'), { bankUrl: both.bankServer.url, deadlineMs: 600 });
    soon.deadlines.start();
    const order = await both.newOrder('tok_silent');
    const started = Date.now();
    expect(await deliver(soon.app, order.event)).toBe(204);
    await expect.poll(async () => (await order.status()).body.status).toBe('failed');
    expect(Date.now() - started).toBeGreaterThanOrEqual(595);
    expect(Date.now() - started).toBeLessThan(5_000);
    await soon.close();
  });

  test('at start settles what an earlier process left, also when the bank comes up later', async () => {
    const { paymentId, status } = await newPayment('tok_silent');
    await makeOverdue(paymentId);
    const bank = new URL(both.bankServer.url);
    await both.bankServer.close();
    const later = await startTestApp(world.of('payments'), { bankUrl: both.bankServer.url });
    later.deadlines.start();
    await sleep(200);
    const server = createHttpServer(both.bank.app, testBase('bank').log);
    server.listen(Number(bank.port), '127.0.0.1');
    await expect
      .poll(async () => (await lastTold(paymentId))?.type, { timeout: 5_000 })
      .toBe('dev.kagari.payment.failed.v1');
    await later.close();
    server.close();
    server.closeAllConnections();
    expect((await status()).status).toBe(503);
  });
});
