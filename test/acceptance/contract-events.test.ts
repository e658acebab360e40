import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { watchingTrigger } from './support/objects.ts';
import { answerOf, nobodys, problemOf, utc, uuid7 } from './support/problem.ts';
import { until } from './support/until.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

type Customer = Awaited<ReturnType<World['shop']['signUp']>>;
const typeOf = (name: string) => `dev.kagari.${name}.v1`;
const paymentOf = async ({ bearer }: Customer, orderId: string) =>
  answerOf<{ paymentId: string }>(
    await world.shop.at(`/payments/status?orderId=${orderId}`, { headers: bearer }),
  ).paymentId;

describe('every event type', () => {
  let ear: string;
  let desk: Awaited<ReturnType<World['openDesk']>>;
  let customer: Customer;
  let ids: Record<'paid' | 'failed' | 'paidsPayment' | 'failedsPayment', string>;
  const heard = async (type: string, partitionkey: string) =>
    (await desk.letters(typeOf(type), ear))
      .map(({ event }) => event as Record<string, unknown>)
      .find((event) => event.partitionkey === partitionkey);

  beforeAll(async () => {
    desk = await world.openDesk();
    ear = world.fresh('all');
    await world.make('trigger', watchingTrigger(ear, ear, [{ prefix: { type: 'dev.kagari.' } }]));
    await world.kube.ready('trigger', ear);
    customer = await world.shop.signUp();
    const { id: failed } = await customer.ended('tok_declined');
    const paid = await customer.paid();
    await world.shop.at(`/orders/${paid}/cancel`, { method: 'POST', headers: customer.bearer });
    await until('it is refunded', async () => (await customer.payment(paid)).status === 'refunded');
    const [paidsPayment, failedsPayment] = await Promise.all([
      paymentOf(customer, paid),
      paymentOf(customer, failed),
    ]);
    ids = { paid, failed, paidsPayment, failedsPayment };
  });

  it.each([
    ['order.placed', 'orders', 'paid', 'paid'],
    ['order.paid', 'orders', 'paid', 'paid'],
    ['order.failed', 'orders', 'failed', 'failed'],
    ['order.cancelled', 'orders', 'paid', 'paid'],
    ['payment.initiated', 'payments', 'paid', 'paidsPayment'],
    ['payment.succeeded', 'payments', 'paid', 'paidsPayment'],
    ['payment.failed', 'payments', 'failed', 'failedsPayment'],
    ['payment.refunded', 'payments', 'paid', 'paidsPayment'],
    ['user.signed-up', 'auth', undefined, undefined],
    ['notification.sent', 'notifications', 'paid', 'any'],
  ] as const)('%s comes from /%s with the attributes of the contract', async (type, fn, key, subject) => {
    const partitionkey = key ? ids[key] : customer.userId;
    const event = await until(`${type} is heard`, () => heard(type, partitionkey));
    expect(event).toMatchObject({
      specversion: '1.0',
      id: expect.stringMatching(uuid7),
      source: `/${fn}`,
      type: typeOf(type),
      subject: subject === 'any' ? expect.stringMatching(uuid7) : subject ? ids[subject] : customer.userId,
      time: expect.stringMatching(utc),
      datacontenttype: 'application/json',
      partitionkey,
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/),
      data: expect.any(Object),
    });
  });

  it('goes on in the trace of the request or the event that it comes of', async () => {
    const trace = randomBytes(16).toString('hex');
    const sent = customer.orderRequest('tok_declined');
    const traceparent = `00-${trace}-00f067aa0ba902b7-01`;
    const reply = await customer.send({ ...sent, headers: { ...sent.headers, traceparent } });
    const { id } = answerOf<{ id: string }>(reply, 201);
    const traceOf = async (type: string) => {
      const event = await until(`${type} is heard`, () => heard(type, id));
      return `${event.traceparent}`.split('-')[1];
    };
    expect(await traceOf('order.placed')).toBe(trace);
    expect(await traceOf('order.failed')).toBe(await traceOf('payment.failed'));
  });
});

describe('a handler answers', () => {
  let host: string;
  let customer: Customer;
  let order: { orderId: string; userId: string; paymentId: string };
  beforeAll(async () => {
    host = world.hostOf(await world.serveCopy('orders'));
    customer = await world.shop.signUp();
    const orderId = await customer.paid();
    order = { orderId, userId: customer.userId, paymentId: await paymentOf(customer, orderId) };
  });

  const eventOf = (type: string, data: object) => ({
    specversion: '1.0',
    id: randomUUID(),
    source: '/payments',
    type: typeOf(type),
    datacontenttype: 'application/json',
    data,
  });
  const deliver = (event: object | string, type = 'application/cloudevents+json') =>
    world.web.send(host, '/_events', {
      raw: typeof event === 'string' ? event : JSON.stringify(event),
      headers: { 'content-type': type },
    });
  const history = async () => (await customer.order(order.orderId)).history.map(({ status }) => status);

  it('204 for what is done, and for a duplicate, which does nothing', async () => {
    const event = eventOf('payment.succeeded', order);
    for (let n = 0; n < 2; n++) expect(await deliver(event)).toMatchObject({ status: 204, text: '' });
    expect(await history()).toEqual(['pending', 'paid']);
  });

  it('422 for what will never be: against what is, of an unknown type, with wrong data, or no event', async () => {
    problemOf(await deliver(eventOf('payment.failed', { ...order, reason: 'declined' })), 422);
    problemOf(await deliver(eventOf('payment.unheard-of', order)), 422);
    problemOf(await deliver(eventOf('payment.succeeded', { orderId: 1 })), 422);
    problemOf(await deliver({ type: 'no event' }), 422);
    problemOf(await deliver('{"a":'), 422);
    problemOf(await deliver('text', 'text/plain'), 422);
    expect(await history()).toEqual(['pending', 'paid']);
  });

  it('503 and Retry-After for what is not yet, or cannot be now', async () => {
    problemOf(await deliver(eventOf('payment.succeeded', { ...order, orderId: nobodys })), 503);
    const away = await world.serveCopy('orders', { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' });
    host = world.hostOf(away);
    problemOf(await deliver(eventOf('payment.succeeded', order)), 503);
  });
});

describe('the Broker', () => {
  it('is named default, and tries five times more, with growing pauses, before the dead-letter desk', async () => {
    const { spec, status } = await world.kube.ready('broker', 'default');
    expect(spec.delivery).toMatchObject({
      retry: 5,
      backoffPolicy: 'exponential',
      backoffDelay: 'PT0.2S',
      timeout: 'PT10S',
    });
    expect(status.address.url).toMatch(/\/kagari\/default$/);
    const desk = new URL(status.deadLetterSinkUri);
    expect([desk.hostname, desk.pathname]).toEqual(['deadletters.kagari.svc.cluster.local', '/_events']);
  });

  it.each(['auth', 'orders', 'payments', 'notifications', 'deadletters', 'worker'])(
    '%s has its address in K_SINK',
    async (fn) => {
      const { spec } = await world.kube.get('ksvc', fn);
      const [{ env }] = spec.template.spec.containers;
      const sink = env.find(({ name }: { name: string }) => name === 'K_SINK');
      expect(sink?.value).toMatch(/\/kagari\/default$/);
    },
  );
});
