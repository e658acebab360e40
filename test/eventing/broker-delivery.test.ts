import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anyEvent } from '../../eventing/broker/event.testing.ts';
import { binaryHeaders } from '../../eventing/broker/http-message.ts';
import { waitUntil } from '../support/platform.ts';
import type { Received } from './receiver.ts';
import { group, namespace, newIds, openWorld, topic, trigger, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld(3);
});
afterEach(() => world.close());

const fast = { retry: 2, backoffPolicy: 'linear', backoffDelay: 'PT0.02S' } as const;
const attribute = ({ headers }: Received, name: string) => headers[`ce-${name}`];
const committed = async (name: string) => {
  const ends = (await world.log.offsets(topic)).map(({ end }) => end);
  return (await world.log.committed(topic, group(name))).every((offset, p) => offset === ends[p]);
};

test('an event reaches its subscriber as it was sent, with its place in the log', async () => {
  const { broker } = world;
  const subscriber = await world.receiver();
  await broker.addTrigger(trigger('all', `${subscriber.url}/_events?x=1`));
  const bodies = new Map<string, string>();
  const headers = new Map<string, object>();
  await fc.assert(
    fc.asyncProperty(anyEvent, async (event) => {
      const id = `${bodies.size}`;
      const named = { ...event, attributes: new Map([...event.attributes, ['id', id]]) };
      bodies.set(id, Buffer.from(event.data).toString('hex'));
      headers.set(id, binaryHeaders(named));
      const answer = await broker.accept({
        namespace,
        broker: 'default',
        method: 'POST',
        headers: binaryHeaders(named),
        body: event.data,
      });
      expect(answer.status).toBe(202);
    }),
    { numRuns: 50 },
  );
  await waitUntil('all of them', 10_000, () => subscriber.received.length >= bodies.size);
  for (const got of subscriber.received) {
    expect(got.body.toString('hex')).toBe(bodies.get(got.id));
    expect(got.headers).toMatchObject({ ...headers.get(got.id), prefer: 'reply', 'kn-namespace': namespace });
    expect(got.headers['kagari-attempt']).toMatch(/^1\/\d+$/);
    expect(got.path).toBe('/_events?x=1');
    const [record] = await world.log.read(
      topic,
      Number(attribute(got, 'knativekafkapartition')),
      BigInt(attribute(got, 'knativekafkaoffset') as string),
      1,
    );
    expect(record?.headers.ce_id).toBe(got.id);
  }
});

test('each trigger gets what its filter wants', async () => {
  const [a, b, all] = await Promise.all([world.receiver(), world.receiver(), world.receiver()]);
  await world.broker.addTrigger(trigger('a', a.url, { filter: { attributes: { type: 'a' } } }));
  await world.broker.addTrigger(trigger('b', b.url, { filters: [{ not: { exact: { type: 'a' } } }] }));
  await world.broker.addTrigger(trigger('all', all.url));
  const ids = newIds(20);
  await Promise.all(ids.map((id, i) => world.publish(id, { type: i % 2 ? 'a' : 'b' })));
  await waitUntil(
    'all',
    5_000,
    () => all.received.length === 20 && a.received.length + b.received.length === 20,
  );
  expect(a.ids().sort()).toEqual(ids.filter((_, i) => i % 2).sort());
  expect(b.ids().sort()).toEqual(ids.filter((_, i) => i % 2 === 0).sort());
  await waitUntil('all to be committed', 5_000, async () => (await committed('a')) && (await committed('b')));
});

describe('retries', () => {
  test.each([404, 408, 409, 429, 500, 503, 599])(
    '%d is tried again and then dead-lettered',
    async (status) => {
      const subscriber = await world.receiver(() => ({
        status,
        body: 'why',
        headers: { 'kne-custom': 'c' },
      }));
      const desk = await world.receiver();
      await world.broker.addTrigger(
        trigger('t', subscriber.url, { delivery: { ...fast, deadLetterSink: `${desk.url}/_events` } }),
      );
      await world.publish('x', { ext: 'kept' }, 'data');
      await waitUntil('the dead letter', 5_000, () => desk.received.length === 1);
      expect(subscriber.received).toHaveLength(3);
      const [letter] = desk.received as [Received];
      expect(letter.body.toString()).toBe('data');
      expect(letter.headers).toMatchObject({
        'ce-id': 'x',
        'ce-ext': 'kept',
        'ce-custom': 'c',
        'ce-knativeerrordest': subscriber.url,
        'ce-knativeerrorcode': String(status),
        'ce-knativeerrordata': Buffer.from('why')
          .toString('base64')
          .replaceAll('=', '%3D')
          .replaceAll('%3D', '='),
        'ce-knativekafkaoffset': '0',
      });
      const [first, second, third] = subscriber.received.map(({ at }) => at) as [number, number, number];
      expect(second - first).toBeGreaterThanOrEqual(19);
      expect(third - second).toBeGreaterThanOrEqual(39);
      await waitUntil('the commit', 5_000, () => committed('t'));
      expect(world.deliveries.map(({ to, attempt, code, outcome }) => [to, attempt, code, outcome])).toEqual([
        ['subscriber', 1, status, 'retried'],
        ['subscriber', 2, status, 'retried'],
        ['subscriber', 3, status, 'failed'],
        ['dead-letter-sink', 1, 204, 'delivered'],
      ]);
    },
  );

  test.each([300, 302, 400, 401, 403, 413, 415, 422])('%d fails at once', async (status) => {
    const subscriber = await world.receiver(() => ({ status, headers: { location: 'http://127.0.0.1:1/' } }));
    const desk = await world.receiver();
    await world.broker.addTrigger(
      trigger('t', subscriber.url, { delivery: { ...fast, deadLetterSink: desk.url } }),
    );
    await world.publish('x');
    await waitUntil('the dead letter', 5_000, () => desk.received.length === 1);
    expect(subscriber.received).toHaveLength(1);
    expect(attribute(desk.received[0] as Received, 'knativeerrorcode')).toBe(String(status));
    expect(attribute(desk.received[0] as Received, 'knativeerrordata')).toBeUndefined();
  });

  test('one that succeeds in the end is no dead letter', async () => {
    const subscriber = await world.receiver((_, nth) => (nth < 3 ? 503 : 202));
    const desk = await world.receiver();
    await world.broker.addTrigger(
      trigger('t', subscriber.url, { delivery: { ...fast, deadLetterSink: desk.url } }),
    );
    await world.publish('x');
    await waitUntil('the commit', 5_000, () => committed('t'));
    expect(subscriber.received).toHaveLength(3);
    expect(desk.received).toHaveLength(0);
  });

  test('no answer in time and no connection are tried again, and a dead letter of them has no code', async () => {
    const slow = await world.receiver(() => undefined);
    const desk = await world.receiver();
    const delivery = { ...fast, timeout: 'PT0.05S', deadLetterSink: desk.url };
    await world.broker.addTrigger(trigger('slow', slow.url, { delivery }));
    await world.broker.addTrigger(trigger('gone', 'http://127.0.0.1:1/', { delivery }));
    await world.publish('x');
    await waitUntil('both dead letters', 5_000, () => desk.received.length === 2);
    expect(slow.received).toHaveLength(3);
    const failed = world.deliveries.filter(({ to }) => to === 'subscriber');
    expect(failed.map(({ code }) => code)).toEqual(Array(6).fill(null));
    expect(desk.received.map((letter) => attribute(letter, 'knativeerrordest')).sort()).toEqual(
      [slow.url, 'http://127.0.0.1:1/'].sort(),
    );
    for (const letter of desk.received) expect(attribute(letter, 'knativeerrorcode')).toBeUndefined();
  });

  test('Retry-After is honoured where the trigger allows it', async () => {
    const subscriber = await world.receiver((_, nth) =>
      nth === 1 ? { status: 503, headers: { 'retry-after': '1' } } : 204,
    );
    await world.broker.addTrigger(
      trigger('t', subscriber.url, { delivery: { ...fast, retryAfterMax: 'PT0.3S' } }),
    );
    await world.publish('x');
    await waitUntil('the second try', 5_000, () => subscriber.received.length === 2);
    const [first, second] = subscriber.received.map(({ at }) => at) as [number, number];
    expect(second - first).toBeGreaterThanOrEqual(295);
    expect(second - first).toBeLessThan(900);
  });

  test("a trigger's delivery replaces the broker's, whose own may change", async () => {
    const [own, brokers, later] = await Promise.all([world.receiver(), world.receiver(), world.receiver()]);
    const refusing = await world.receiver(() => 400);
    const update = (deadLetterSink: string) =>
      world.broker.updateBroker({ namespace, name: 'default', delivery: { retry: 1, deadLetterSink } });
    await update(brokers.url);
    await world.broker.addTrigger(trigger('own', refusing.url, { delivery: { deadLetterSink: own.url } }));
    await world.broker.addTrigger(trigger('inherits', refusing.url));
    await world.publish('first');
    await waitUntil(
      'both dead letters',
      5_000,
      () => own.received.length === 1 && brokers.received.length === 1,
    );
    await update(later.url);
    await world.publish('second');
    await waitUntil(
      'both dead letters',
      5_000,
      () => own.received.length === 2 && later.received.length === 1,
    );
    expect(brokers.ids()).toEqual(['first']);
  });
});

describe('replies', () => {
  const reply = (id: string) => ({
    'ce-specversion': '1.0',
    'ce-id': id,
    'ce-source': '/reply',
    'ce-type': 'reply',
  });

  test('an event that answers an event goes through the broker as it stands', async () => {
    const binary = await world.receiver(() => ({
      status: 200,
      headers: { ...reply('r1'), 'content-type': 'text/plain' },
      body: 'hi',
    }));
    const structured = await world.receiver(() => ({
      status: 202,
      headers: { 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify({ specversion: '1.0', id: 'r2', source: '/reply', type: 'reply', data: 7 }),
    }));
    const empty = await world.receiver(() => ({ status: 200, headers: reply('r3') }));
    const listener = await world.receiver();
    const asked = { filter: { attributes: { type: 'ask' } } };
    await world.broker.addTrigger(trigger('binary', binary.url, asked));
    await world.broker.addTrigger(trigger('structured', structured.url, asked));
    await world.broker.addTrigger(trigger('empty', empty.url, asked));
    await world.broker.addTrigger(
      trigger('listener', listener.url, { filter: { attributes: { type: 'reply' } } }),
    );
    await world.publish('q', { type: 'ask' });
    await waitUntil('the replies', 5_000, () => listener.received.length === 3);
    expect(listener.ids().sort()).toEqual(['r1', 'r2', 'r3']);
    expect(listener.received.map(({ body }) => body.toString()).sort()).toEqual(['', '7', 'hi']);
    for (const event of listener.received) expect(attribute(event, 'source')).toBe('/reply');
  });

  test.each([
    ['nothing', {}],
    ['headers of half an event', { 'ce-specversion': '1.0', 'ce-id': '1' }],
  ])('%s without a body is a success', async (_, headers) => {
    const subscriber = await world.receiver(() => ({ status: 200, headers }));
    await world.broker.addTrigger(trigger('t', subscriber.url, { delivery: fast }));
    await world.publish('x');
    await waitUntil('the commit', 5_000, () => committed('t'));
    expect(world.deliveries.map(({ outcome }) => outcome)).toEqual(['delivered']);
    expect((await world.log.offsets(topic)).reduce((sum, { end }) => sum + end, 0n)).toBe(1n);
  });

  test('what a dead-letter sink answers with is a reply too', async () => {
    const refusing = await world.receiver(() => 400);
    const desk = await world.receiver(() => ({ status: 200, headers: reply('noted') }));
    const listener = await world.receiver();
    const asked = { filter: { attributes: { type: 'ask' } }, delivery: { deadLetterSink: desk.url } };
    await world.broker.addTrigger(trigger('refusing', refusing.url, asked));
    await world.broker.addTrigger(
      trigger('listener', listener.url, { filter: { attributes: { type: 'reply' } } }),
    );
    await world.publish('q', { type: 'ask' });
    await waitUntil('the reply', 5_000, () => listener.received.length === 1);
    expect(listener.ids()).toEqual(['noted']);
  });

  test.each([
    ['text', { status: 200, body: 'ok' }],
    ['JSON', { status: 200, headers: { 'content-type': 'application/json' }, body: '{"ok":true}' }],
    ['half an event', { status: 200, headers: { 'ce-specversion': '1.0', 'ce-id': '1' }, body: 'x' }],
    ['too much', { status: 200, body: Buffer.alloc(1_100_000) }],
    ['an event too large for the log', { status: 200, headers: reply('r'), body: Buffer.alloc(1_048_570) }],
  ])('%s instead of an event is a failure that is not tried again', async (_, answer) => {
    const subscriber = await world.receiver(() => answer);
    const desk = await world.receiver();
    await world.broker.addTrigger(
      trigger('t', subscriber.url, { delivery: { ...fast, deadLetterSink: desk.url } }),
    );
    await world.publish('x');
    await waitUntil('the dead letter', 5_000, () => desk.received.length === 1);
    expect(subscriber.received).toHaveLength(1);
    expect(attribute(desk.received[0] as Received, 'knativeerrordest')).toBe(subscriber.url);
    expect((await world.log.offsets(topic)).reduce((sum, { end }) => sum + end, 0n)).toBe(1n);
  });
});

describe('what cannot be delivered', () => {
  test.each([
    ['without a dead-letter sink', {}],
    ['whose dead-letter sink fails', { deadLetterSink: 'refusing' }],
    ['whose dead-letter sink answers nonsense', { deadLetterSink: 'nonsense' }],
  ])(
    'an event %s is named in the log, and the next one comes',
    async (_, { deadLetterSink }: { deadLetterSink?: string }) => {
      const subscriber = await world.receiver(({ id }) => (id === 'x' ? 422 : 204));
      const refusing = await world.receiver(() => 500);
      const nonsense = await world.receiver(() => ({ status: 200, body: 'thanks' }));
      const sink = deadLetterSink && { refusing, nonsense }[deadLetterSink]?.url;
      await world.broker.addTrigger(
        trigger('t', subscriber.url, { delivery: { ...fast, ...(sink && { deadLetterSink: sink }) } }),
      );
      await world.publish('x', { type: 'order.placed', source: '/orders' });
      await world.publish('y');
      await waitUntil('both to be done', 5_000, () => committed('t'));
      expect(subscriber.ids().sort()).toEqual(['x', 'y']);
      expect(refusing.received).toHaveLength(deadLetterSink === 'refusing' ? 3 : 0);
      expect(world.errors).toHaveLength(1);
      expect(world.errors[0]).toMatchObject({
        message: expect.stringContaining('an event is lost'),
        fields: {
          event: { id: 'x', source: '/orders', type: 'order.placed' },
          trigger: { namespace, name: 't' },
          subscriber: subscriber.url,
          reason: 'status 422',
        },
      });
    },
  );

  test('a record that is no event is passed over and named', async () => {
    const subscriber = await world.receiver();
    await world.broker.addTrigger(trigger('t', subscriber.url));
    await world.log.append(topic, [{ value: Buffer.from('junk') }]);
    await world.publish('y');
    await waitUntil('both to be done', 5_000, () => committed('t'));
    expect(subscriber.ids()).toEqual(['y']);
    expect(world.errors).toHaveLength(1);
  });
});
