import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toService } from './support/objects.ts';
import { answerOf, nobodys, problemOf } from './support/problem.ts';
import { until } from './support/until.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

/** A database that is not there. */
const nowhere = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' };

interface Letter {
  event: { partitionkey: string; time: string };
  destination: string | null;
  code: number | null;
  reason: string | null;
  receivedAt: string;
}

const typeOf = (name: string) => `dev.kagari.${name}.v1`;

describe('a handler answers', () => {
  let host: string;
  let customer: Awaited<ReturnType<World['shop']['signUp']>>;
  let order: { orderId: string; userId: string; paymentId: string };
  beforeAll(async () => {
    host = world.hostOf(await world.serveCopy('orders'));
    customer = await world.shop.signUp();
    const orderId = await customer.paid();
    const { paymentId } = answerOf<{ paymentId: string }>(
      await world.shop.at(`/payments/status?orderId=${orderId}`, { headers: customer.bearer }),
    );
    order = { orderId, userId: customer.userId, paymentId };
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
    host = world.hostOf(await world.serveCopy('orders', nowhere));
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

  it('goes on trying where a handler answers 503, and says at last what it answered', async () => {
    const away = await world.serveCopy('orders', nowhere);
    const type = typeOf('payment.failed');
    await world.make('trigger', {
      kind: 'Trigger',
      metadata: { name: away },
      spec: { broker: 'default', filters: [{ exact: { type } }], subscriber: toService(away, '/_events') },
    });
    await world.kube.listening(away);
    const [customer, headers] = [await world.shop.signUp(), await world.operator()];
    const { id } = await customer.ended('tok_declined');
    const letter = await until(
      'it is given up',
      async () => {
        const reply = await world.shop.at(`/deadletters/?type=${type}&limit=100`, { headers });
        const { items } = answerOf<{ items: Letter[] }>(reply);
        return items.find(
          ({ destination, event }) => event.partitionkey === id && destination?.includes(`/${away}.`),
        );
      },
      90_000,
    );
    expect(letter).toMatchObject({ code: 503, reason: expect.stringMatching(/^unavailable: /) });
    // Five pauses of 0.2 s and twice as long each time: 6.2 s.
    expect(Date.parse(letter.receivedAt) - Date.parse(letter.event.time)).toBeGreaterThan(6_000);
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
