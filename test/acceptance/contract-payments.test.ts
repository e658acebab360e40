import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, nobodys, problemOf, utc, uuid7 } from './support/problem.ts';
import { until } from './support/until.ts';
import { openWorld, type World } from './support/world.ts';

interface Payment {
  paymentId: string;
  orderId: string;
  status: string;
  captures: number;
  history: { status: string; at: string }[];
}

let world: World;
let customer: Awaited<ReturnType<World['shop']['signUp']>>;
let secret: Buffer;
/** Undefined where it is too long to wait for: production's. */
let deadlineMs: number | undefined;
beforeAll(async () => {
  world = await openWorld();
  customer = await world.shop.signUp();
  const { data } = await world.kube.get('secret', 'bank-webhook');
  const text = Buffer.from(data.secret, 'base64').toString();
  secret = Buffer.from(text.replace(/^whsec_/, ''), 'base64');
  const settings = await world.kube.get('configmap', 'payments');
  const [, seconds] = /^PT(\d+)S$/.exec(settings.data.deadline) ?? [];
  deadlineMs = seconds && Number(seconds) <= 60 ? Number(seconds) * 1000 : undefined;
});
afterAll(() => world?.close());

const status = (query: string, headers = customer.bearer) =>
  world.shop.at(`/payments/status?${query}`, { headers });
const paymentOf = async (orderId: string) => answerOf<Payment>(await status(`orderId=${orderId}`));
const initiate = (body: object, headers = customer.bearer) =>
  world.shop.at('/payments/initiate', { headers, body });
const statuses = ({ history }: Payment) => history.map(({ status }) => status);
const between = ({ history: [first, last] }: Payment) =>
  Date.parse(last?.at ?? '') - Date.parse(first?.at ?? '');

describe('a payment', () => {
  it('is one an order: initiating it again gives the same id', async () => {
    const orderId = await customer.paid();
    const payment = await paymentOf(orderId);
    for (let n = 0; n < 2; n++)
      expect(answerOf(await initiate({ orderId }), 202)).toEqual({ paymentId: payment.paymentId });
    expect(await paymentOf(orderId)).toEqual(payment);
  });

  it('has its amount from the order alone, and is of an order that there is', async () => {
    const orderId = await customer.place('tok_declined');
    problemOf(await initiate({ orderId, amount: 1 }), 422);
    problemOf(await initiate({ orderId, currency: 'EUR' }), 422);
    problemOf(await initiate({ orderId: nobodys }), 404);
    problemOf(await initiate({ orderId: 'none' }), 422);
    problemOf(await initiate({}), 422);
  });

  it('is told by its id or its order, with its history and what the bank captured', async () => {
    const orderId = await customer.paid();
    const payment = await paymentOf(orderId);
    expect(payment).toEqual({
      paymentId: expect.stringMatching(uuid7),
      orderId,
      status: 'succeeded',
      captures: 1,
      history: [
        { status: 'initiated', at: expect.stringMatching(utc) },
        { status: 'succeeded', at: expect.stringMatching(utc) },
      ],
    });
    expect(answerOf(await status(`paymentId=${payment.paymentId}`))).toEqual(payment);
    const other = await world.shop.signUp();
    problemOf(await status(`orderId=${orderId}`, other.bearer), 404);
    problemOf(await status(`paymentId=${payment.paymentId}`, other.bearer), 404);
    problemOf(await initiate({ orderId }, other.bearer), 404);
  });

  it.each([
    [422, ''],
    [422, `paymentId=${nobodys}&orderId=${nobodys}`],
    [404, `paymentId=${nobodys}`],
    [404, `orderId=${nobodys}`],
    [404, 'orderId=none'],
    [404, 'paymentId=none'],
  ])('is %i for ?%s', async (expected, query) => {
    problemOf(await status(query), expected);
  });
});

describe('a payment token', () => {
  it('tok_ok is captured', async () => {
    expect(await paymentOf(await customer.paid('tok_ok'))).toMatchObject({ captures: 1 });
  });

  it('tok_declined fails, and captures nothing', async () => {
    const order = await customer.ended('tok_declined');
    expect(order).toMatchObject({ status: 'failed', failureReason: 'declined' });
    const payment = await paymentOf(order.id);
    expect([payment.captures, statuses(payment)]).toEqual([0, ['initiated', 'failed']]);
  });

  it('tok_late is captured after three seconds', async () => {
    const payment = await paymentOf(await customer.paid('tok_late'));
    expect([payment.captures, statuses(payment)]).toEqual([1, ['initiated', 'succeeded']]);
    expect(between(payment)).toBeGreaterThan(2_900);
  });

  it('tok_duplicate is told twice and captured once', async () => {
    const id = await customer.paid('tok_duplicate');
    const payment = await paymentOf(id);
    expect([payment.captures, statuses(payment)]).toEqual([1, ['initiated', 'succeeded']]);
    expect((await customer.order(id)).history.map(({ status }) => status)).toEqual(['pending', 'paid']);
  });

  it('tok_silent is ended by the deadline, not before', async ({ skip }) => {
    if (deadlineMs === undefined) return skip('the deadline of this platform is long');
    const id = await customer.place('tok_silent');
    expect(await customer.settled(id)).toMatchObject({ status: 'failed', failureReason: 'deadline' });
    const payment = await paymentOf(id);
    expect([payment.captures, statuses(payment)]).toEqual([0, ['initiated', 'failed']]);
    expect(between(payment)).toBeGreaterThanOrEqual(deadlineMs - 100);
  });
});

describe('a webhook of the bank', () => {
  interface Webhook {
    id?: string;
    /** From now. */
    seconds?: number;
    type?: string;
    paymentId?: string;
    raw?: string;
    key?: Buffer;
  }
  const send = ({ id = randomUUID(), seconds = 0, key = secret, ...said }: Webhook) => {
    const { type = 'charge.captured', paymentId = nobodys } = said;
    const timestamp = new Date().toISOString();
    const raw = said.raw ?? JSON.stringify({ type, timestamp, data: { paymentId, reason: null } });
    const at = String(Math.floor(Date.now() / 1000) + seconds);
    const signature = createHmac('sha256', key).update(`${id}.${at}.${raw}`).digest('base64');
    return world.shop.at('/payments/webhook', {
      raw,
      headers: { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': `v1,${signature}` },
    });
  };
  const paid = async () => paymentOf(await customer.paid());

  it('is 204, and 204 again as a duplicate, with no effect of its own', async () => {
    const payment = await paid();
    const { paymentId } = payment;
    const id = randomUUID();
    for (let n = 0; n < 2; n++)
      expect(await send({ id, paymentId })).toMatchObject({ status: 204, text: '' });
    expect((await send({ paymentId })).status).toBe(204);
    expect(await paymentOf(payment.orderId)).toEqual(payment);
  });

  it('ends the payment that it tells of', async () => {
    const orderId = await customer.place('tok_silent');
    const { paymentId } = await until('the payment is there', () => paymentOf(orderId));
    expect((await send({ paymentId, type: 'charge.failed' })).status).toBe(204);
    expect(await customer.settled(orderId)).toMatchObject({ status: 'failed', failureReason: 'failed' });
  });

  it('is taken within 300 s of now, and is 401 beyond', async () => {
    const { paymentId } = await paid();
    for (const seconds of [-280, 280]) expect((await send({ paymentId, seconds })).status).toBe(204);
    for (const seconds of [-310, 310]) problemOf(await send({ paymentId, seconds }), 401);
  });

  it('is 401 where its signature is wrong or missing, whatever it says', async () => {
    const { paymentId } = await paid();
    problemOf(await send({ paymentId, key: Buffer.from('another') }), 401);
    problemOf(await send({ raw: '{"a":', key: Buffer.from('another') }), 401);
    problemOf(await world.shop.at('/payments/webhook', { body: {} }), 401);
    const headers = { 'content-type': 'text/plain' };
    problemOf(await world.shop.at('/payments/webhook', { raw: 'hello', headers }), 401);
  });

  it('that is signed is 400 and 422 where it is none, 404 of no payment, 409 against what is', async () => {
    const { paymentId } = await paid();
    problemOf(await send({ raw: '{"a":' }), 400);
    problemOf(await send({ raw: '{}' }), 422);
    problemOf(await send({}), 404);
    problemOf(await send({ paymentId, type: 'charge.failed' }), 409);
  });
});
