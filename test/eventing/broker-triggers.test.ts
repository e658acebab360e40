import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDeliver } from '../../eventing/broker/deliver.ts';
import { waitUntil } from '../support/platform.ts';
import { group, namespace, newIds, openWorld, topic, trigger, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld(3);
});
afterEach(() => world.close());

const publishAll = (ids: string[], attributes = {}) =>
  Promise.all(ids.map((id) => world.publish(id, attributes)));
const committed = async (name: string) => {
  const ends = (await world.log.offsets(topic)).map(({ end }) => end);
  return (await world.log.committed(topic, group(name))).every((offset, p) => offset === ends[p]);
};

test('a new trigger gets what comes from then on, and nothing older', async () => {
  const subscriber = await world.receiver();
  await publishAll(newIds(10));
  await world.broker.addTrigger(trigger('t', subscriber.url));
  const after = newIds(10);
  await publishAll(after);
  await waitUntil('what came after', 5_000, () => subscriber.received.length >= 10);
  await waitUntil('the commit', 5_000, () => committed('t'));
  expect(subscriber.ids().sort()).toEqual(after.sort());
});

test('a trigger added to a broker that is not served is refused', async () => {
  await expect(world.broker.addTrigger(trigger('t', 'http://x/', { broker: 'none' }))).rejects.toMatchObject({
    name: 'SpecError',
    path: 'broker',
  });
});

test('a bad spec is refused before anything changes', async () => {
  const subscriber = await world.receiver();
  await expect(world.broker.addTrigger(trigger('t', 'nowhere'))).rejects.toMatchObject({
    path: 'subscriber',
  });
  expect(await world.log.groups()).toEqual([]);
  await world.broker.addTrigger(trigger('t', subscriber.url));
  const bad = trigger('t', subscriber.url, { filters: [{ cesql: 'type =' }] });
  await expect(world.broker.updateTrigger(bad)).rejects.toMatchObject({ path: 'filters[0].cesql' });
  await expect(
    world.broker.updateTrigger(trigger('t', subscriber.url, { delivery: { timeout: 'soon' } })),
  ).rejects.toMatchObject({ path: 'delivery.timeout' });
  await world.publish('x');
  await waitUntil('the event', 5_000, () => subscriber.received.length === 1);
});

test('filter, subscriber and order change while events flow, and none is lost', async () => {
  const [one, two] = await Promise.all([world.receiver(), world.receiver()]);
  const specs = [
    trigger('t', one.url, { filter: { attributes: { type: 'test' } } }),
    trigger('t', two.url, { filters: [{ prefix: { type: 'te' } }], ordered: true }),
    trigger('t', one.url, { filters: [{ any: [{ suffix: { type: 'st' } }, { exact: { type: 'x' } }] }] }),
  ];
  await world.broker.addTrigger(specs[0]!);
  const ids: string[] = [];
  let flowing = true;
  const producers = Array.from({ length: 4 }, async (_, p) => {
    for (let i = 0; flowing; i++) {
      const { status } = await world.publish(`${p}-${i}`, { partitionkey: `${i % 7}` });
      expect(status).toBe(202);
      ids.push(`${p}-${i}`);
    }
  });
  for (let i = 1; i <= 12; i++) {
    await sleep(20);
    await world.broker.updateTrigger(specs[i % specs.length]!);
  }
  flowing = false;
  await Promise.all(producers);
  const got = () => new Set([...one.ids(), ...two.ids()]);
  await waitUntil('all events', 20_000, () => got().size === ids.length);
  expect(one.received.length).toBeGreaterThan(0);
  expect(two.received.length).toBeGreaterThan(0);
}, 60_000);

test('an event that is tried again stays with the version that judged it', async () => {
  const [before, after] = await Promise.all([
    world.receiver((_, nth) => (nth < 3 ? 503 : 204)),
    world.receiver(),
  ]);
  const delivery = { retry: 5, backoffPolicy: 'linear', backoffDelay: 'PT0.1S' } as const;
  await world.broker.addTrigger(trigger('t', before.url, { delivery }));
  await world.publish('x');
  await waitUntil('the first try', 5_000, () => before.received.length === 1);
  await world.broker.updateTrigger(trigger('t', after.url, { delivery }));
  await world.publish('y');
  await waitUntil('both', 5_000, () => before.received.length === 3 && after.received.length === 1);
  expect([before.ids(), after.ids()]).toEqual([['x', 'x', 'x'], ['y']]);
});

test('a removed trigger leaves no group, and starts at the newest event when it is made again', async () => {
  const subscriber = await world.receiver();
  await world.broker.addTrigger(trigger('t', subscriber.url));
  await world.publish('first');
  await waitUntil('the first', 5_000, () => subscriber.received.length === 1);
  await world.broker.removeTrigger(namespace, 't');
  expect(await world.log.groups()).toEqual([]);
  await world.publish('between');
  await world.broker.addTrigger(trigger('t', subscriber.url));
  await world.publish('last');
  await waitUntil('the last', 5_000, () => subscriber.ids().includes('last'));
  await waitUntil('the commit', 5_000, () => committed('t'));
  expect(subscriber.ids()).toEqual(['first', 'last']);
  await world.broker.removeTrigger(namespace, 'never-there');
});

test('removing a trigger interrupts what is in hand', async () => {
  const holding = await world.receiver(() => undefined);
  await world.broker.addTrigger(trigger('t', holding.url));
  await world.publish('x');
  await waitUntil('the delivery', 5_000, () => holding.received.length === 1);
  await world.broker.removeTrigger(namespace, 't');
  await waitUntil('the note of it', 5_000, () => world.deliveries.length === 1);
  expect(world.deliveries[0]).toMatchObject({ outcome: 'interrupted', code: null });
  expect(world.errors).toEqual([]);
});

test('ordered: one at a time a partition, in order, and one that is tried again holds the next', async () => {
  let inHand = 0;
  let most = 0;
  const subscriber = await world.receiver(async ({ id }, nth) => {
    most = Math.max(most, ++inHand);
    await sleep(2);
    inHand--;
    return id === 'm5' && nth < 3 ? 503 : 204;
  });
  const delivery = { retry: 3, backoffPolicy: 'linear', backoffDelay: 'PT0.03S' } as const;
  await world.broker.addTrigger(trigger('t', subscriber.url, { ordered: true, delivery }));
  const ids = Array.from({ length: 20 }, (_, i) => `m${i}`);
  for (const id of ids) await world.publish(id, { partitionkey: 'one' });
  await waitUntil('all', 10_000, () => subscriber.ids().includes('m19'));
  expect(subscriber.ids()).toEqual(ids.flatMap((id) => (id === 'm5' ? [id, id, id] : [id])));
  expect(most).toBe(1);
});

test('an unordered trigger becomes ordered when it is changed', async () => {
  let inHand = 0;
  let most = 0;
  const subscriber = await world.receiver(async () => {
    most = Math.max(most, ++inHand);
    await sleep(5);
    inHand--;
    return 204;
  });
  await world.broker.addTrigger(trigger('t', subscriber.url));
  await world.broker.updateTrigger(trigger('t', subscriber.url, { ordered: true }));
  await publishAll(newIds(10), { partitionkey: 'one' });
  await waitUntil('all', 5_000, () => subscriber.received.length === 10);
  expect(most).toBe(1);
});

test('unordered: a slow event holds nobody, and at most ten of a partition are in hand', async () => {
  let inHand = 0;
  let most = 0;
  const gate = Promise.withResolvers<void>();
  const subscriber = await world.receiver(async () => {
    most = Math.max(most, ++inHand);
    await gate.promise;
    inHand--;
    return 204;
  });
  await world.broker.addTrigger(trigger('t', subscriber.url));
  const ids = newIds(100);
  await publishAll(ids, { partitionkey: 'one' });
  await waitUntil('ten in hand', 5_000, () => inHand === 10);
  await sleep(100);
  expect(inHand).toBe(10);
  gate.resolve();
  await waitUntil('all', 10_000, () => new Set(subscriber.ids()).size === 100);
  expect(most).toBe(10);
});

test('a closing broker lets what is in hand finish; what is not done comes at the next start', async () => {
  const gate = Promise.withResolvers<void>();
  const subscriber = await world.receiver(async ({ id }, nth) => {
    if (id === 'slow') await gate.promise;
    return id === 'never' && nth === 1 ? undefined : 204;
  });
  await world.broker.addTrigger(trigger('t', subscriber.url));
  await publishAll(['slow', 'never']);
  await waitUntil('both in hand', 5_000, () => subscriber.received.length === 2);
  const closing = world.broker.close({ graceMs: 300 });
  await sleep(50);
  gate.resolve();
  await closing;
  await publishIn('waiting');
  const { broker } = world.another();
  await broker.addBroker({ namespace, name: 'default' });
  await broker.addTrigger(trigger('t', subscriber.url));
  await waitUntil(
    'the rest',
    5_000,
    () => subscriber.ids().includes('waiting') && subscriber.received.length >= 4,
  );
  await waitUntil('the commit', 5_000, () => committed('t'));
  expect(subscriber.ids().slice(2).sort()).toEqual(['never', 'waiting']);
});

/** The broker is closed: a record is put into its topic as its ingress would. */
const publishIn = (id: string) =>
  world.log.append(topic, [
    { value: Buffer.of(), headers: { ce_specversion: '1.0', ce_id: id, ce_source: '/s', ce_type: 't' } },
  ]);

test('a kept connection that the subscriber closes under a delivery is no failed attempt', async () => {
  const used = new WeakSet<object>();
  let cut = 0;
  const subscriber = await world.receiver(({ socket }) => {
    if (used.has(socket)) {
      cut++;
      socket.destroy();
      return undefined;
    }
    used.add(socket);
    return 204;
  });
  await world.broker.addTrigger(trigger('t', subscriber.url));
  const ids = newIds(10);
  for (const [i, id] of ids.entries()) {
    await world.publish(id);
    await waitUntil('the delivery', 5_000, () => world.deliveries.length === i + 1);
  }
  expect(cut).toBeGreaterThan(0);
  expect(world.deliveries.map(({ outcome, attempt }) => [outcome, attempt])).toEqual(
    ids.map(() => ['delivered', 1]),
  );
});

test("where to connect is the resolver's word, the Host header stays the URL's", async () => {
  const subscriber = await world.receiver();
  const { broker } = world.another({
    deliver: createDeliver({
      resolve: ({ hostname }) =>
        hostname.endsWith('.svc.cluster.local')
          ? { host: '127.0.0.1', port: Number(new URL(subscriber.url).port) }
          : undefined,
    }),
  });
  await broker.addBroker({ namespace, name: 'default' });
  await broker.addTrigger(trigger('inside', 'http://orders.shop.svc.cluster.local/_events'));
  await world.publish('x');
  await waitUntil('the event', 5_000, () => subscriber.received.length === 1);
  expect(subscriber.received[0]).toMatchObject({
    path: '/_events',
    headers: { host: 'orders.shop.svc.cluster.local' },
  });
});

test('a hook that throws disturbs no delivery', async () => {
  const subscriber = await world.receiver();
  const { broker } = world.another({
    onDelivery() {
      throw new Error('metrics are broken');
    },
  });
  await broker.addBroker({ namespace, name: 'default' });
  await broker.addTrigger(trigger('t', subscriber.url));
  await world.publish('x');
  await waitUntil('the commit', 5_000, () => committed('t'));
  expect(subscriber.ids()).toEqual(['x']);
});
