import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EventFilter } from '../../eventing/broker/filter.ts';
import { waitUntil } from '../support/platform.ts';
import type { Received } from './receiver.ts';
import { group, namespace, openWorld, topic, trigger, type World } from './world.ts';

let world: World;
/** What the trigger's filter is, for the tests of filters that fail. */
let filter: EventFilter;
beforeEach(async () => {
  world = await openWorld(1);
});
afterEach(() => world.close());

/** A broker whose triggers have `filter` for theirs. */
const failing = async () => {
  const { broker } = world.another({ compileFilter: () => (event) => filter(event) });
  await broker.addBroker({ namespace, name: 'default' });
  return broker;
};
const delivery = { retry: 2, backoffPolicy: 'linear', backoffDelay: 'PT0.05S' } as const;
const committed = async () => {
  const [end] = await world.log.offsets(topic);
  return (await world.log.committed(topic, group('t')))[0] === end?.end;
};
const outcomes = () => world.deliveries.map(({ to, attempt, code, outcome }) => [to, attempt, code, outcome]);
const dataOf = ({ headers }: Received) =>
  Buffer.from(String(headers['ce-knativeerrordata']), 'base64').toString();

test('a CESQL filter takes what its expression says, and what fails it is not wanted', async () => {
  const [hex, rest] = await Promise.all([world.receiver(), world.receiver()]);
  const set = "RIGHT(partitionkey, 2) IN ('0a', '0b')";
  await world.broker.addTrigger(trigger('hex', hex.url, { filters: [{ cesql: set }] }));
  await world.broker.addTrigger(
    trigger('rest', rest.url, { filters: [{ cesql: `NOT EXISTS partitionkey OR NOT (${set})` }] }),
  );
  for (const [id, key] of [
    ['1', 'x0a'],
    ['2', 'x0b'],
    ['3', 'x0c'],
    ['4', ''],
  ] as const)
    await world.publish(id, key ? { partitionkey: key } : {});
  await waitUntil('all', 5_000, () => hex.received.length + rest.received.length === 4);
  expect([hex.ids().sort(), rest.ids().sort()]).toEqual([
    ['1', '2'],
    ['3', '4'],
  ]);
  expect(world.errors).toEqual([]);
});

describe('a filter that fails is a failed delivery', () => {
  test.each([
    [
      'throws',
      () => {
        throw new Error('no such function');
      },
      'the filter failed: no such function',
    ],
    ['rejects', () => Promise.reject(new Error('away')), 'the filter failed: away'],
    [
      'throws no error',
      () => {
        throw undefined;
      },
      'the filter failed: undefined',
    ],
    ['does not answer', () => new Promise<boolean>(() => {}), 'the filter failed: no answer within 100 ms'],
  ] as [string, EventFilter, string][])(
    'one that %s is asked again, and then the event is a dead letter',
    async (_, fails, reason) => {
      const [subscriber, desk] = await Promise.all([world.receiver(), world.receiver()]);
      filter = fails;
      const broker = await failing();
      const spec = { ...delivery, timeout: 'PT0.1S', deadLetterSink: desk.url };
      await broker.addTrigger(trigger('t', subscriber.url, { delivery: spec }));
      const began = performance.now();
      await world.publish('x', { ext: 'kept' }, 'data');
      await waitUntil('the dead letter', 10_000, () => desk.received.length === 1);
      // Linear: 50 ms and 100 ms.
      expect(performance.now() - began).toBeGreaterThanOrEqual(149);
      await waitUntil('the commit', 5_000, committed);
      expect(subscriber.received).toEqual([]);
      const [letter] = desk.received as [Received];
      expect(letter.body.toString()).toBe('data');
      expect(letter.headers).toMatchObject({
        'ce-id': 'x',
        'ce-ext': 'kept',
        'ce-knativeerrordest': subscriber.url,
        'ce-knativeerrorcode': '500',
      });
      expect(dataOf(letter)).toBe(reason);
      // On a busy machine the desk, too, may be late once.
      const [first, second, third, ...toDesk] = outcomes();
      expect([first, second, third]).toEqual([
        ['subscriber', 1, null, 'retried'],
        ['subscriber', 2, null, 'retried'],
        ['subscriber', 3, null, 'failed'],
      ]);
      expect(toDesk.at(-1)).toEqual(['dead-letter-sink', toDesk.length, 204, 'delivered']);
      expect(world.deliveries[0]).toMatchObject({ reason, url: subscriber.url, event: { id: 'x' } });
    },
  );

  test('one that answers in the end has its answer: the event is delivered, or not wanted', async () => {
    const subscriber = await world.receiver();
    const asked = new Map<string, number>();
    filter = async ({ attributes }) => {
      const id = attributes.get('id') ?? '';
      asked.set(id, (asked.get(id) ?? 0) + 1);
      if (asked.get(id) === 1) throw new Error('not yet');
      return id === 'wanted';
    };
    const broker = await failing();
    await broker.addTrigger(trigger('t', subscriber.url, { delivery }));
    await world.publish('unwanted');
    await world.publish('wanted');
    await waitUntil('both to be done', 5_000, committed);
    expect(subscriber.ids()).toEqual(['wanted']);
    expect(Object.fromEntries(asked)).toEqual({ unwanted: 2, wanted: 2 });
    expect(world.errors).toEqual([]);
  });

  test('without a dead-letter sink the event is named in the log, and the next one comes', async () => {
    const subscriber = await world.receiver();
    filter = ({ attributes }) => {
      if (attributes.get('id') === 'x') throw new Error('no such function');
      return true;
    };
    const broker = await failing();
    await broker.addTrigger(trigger('t', subscriber.url));
    await world.publish('x');
    await world.publish('y');
    await waitUntil('both to be done', 5_000, committed);
    expect(subscriber.ids()).toEqual(['y']);
    expect(world.errors.map(({ message }) => message)).toEqual([
      'the filter failed: no such function',
      expect.stringContaining('an event is lost'),
    ]);
  });

  test('a broker that closes while a filter thinks loses nothing: the next one asks again', async () => {
    const subscriber = await world.receiver();
    let asked = 0;
    filter = () => {
      asked++;
      return new Promise<boolean>(() => {});
    };
    const broker = await failing();
    await broker.addTrigger(trigger('t', subscriber.url, { delivery: { deadLetterSink: subscriber.url } }));
    await world.publish('x');
    await waitUntil('the question', 5_000, () => asked === 1);
    await broker.close({ graceMs: 0 });
    expect(subscriber.received).toEqual([]);
    filter = () => true;
    await (await failing()).addTrigger(trigger('t', subscriber.url));
    await waitUntil('the event', 10_000, () => subscriber.received.length === 1);
    expect(subscriber.ids()).toEqual(['x']);
    expect(world.deliveries.map(({ outcome }) => outcome)).toEqual(['interrupted', 'delivered']);
  });
});
