import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { watchingTrigger } from './support/objects.ts';
import { answerOf, utc, uuid7 } from './support/problem.ts';
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
    await world.kube.listening(ear);
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
