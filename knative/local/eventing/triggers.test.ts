import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { readyOf } from '../store/conditions.ts';
import type { NewObject } from '../store/types.ts';
import { brokerKind, pingSource, servingService, triggerKind } from './kinds.ts';
import { aBroker, aPingSource, aTrigger, brokerRef, serviceRef } from './objects.fixture.ts';
import { type Receiver, startReceiver } from './receiver.fixture.ts';
import { openWorld, type World } from './world.fixture.ts';

const failFast = { retry: 0 };

let database: TestDatabase;
let world: World;
let receiver: Receiver;
let desk: Receiver;

beforeEach(async () => {
  database = await freshDatabase();
  [receiver, desk] = await Promise.all([startReceiver(), startReceiver()]);
  world = await openWorld(database.adminUrl);
});

afterEach(async () => {
  await world.close();
  await Promise.all([receiver.close(), desk.close()]);
  await database.drop();
});

const subscriber = { ref: serviceRef('orders'), uri: '/_events' };
const trigger = (spec: object = {}, metadata: Partial<NewObject['metadata']> = {}) =>
  aTrigger('orders', { spec: { broker: 'default', subscriber, ...spec } }, metadata);
const statusOf = () => world.store.get(triggerKind, 'shop', 'orders')?.status;
const conditions = () => world.conditions(triggerKind, 'orders');
const idsAt = ({ requests }: Receiver) => requests.map(({ headers }) => headers['ce-id']);
const arrives = (id: string, at = receiver) =>
  vi.waitFor(() => expect(idsAt(at)).toContain(id), { timeout: 10_000 });

const setUp = async (spec: object = {}, brokerSpec: object = {}) => {
  await world.addService('desk', desk.url);
  await world.addService('orders', receiver.url);
  await world.store.create(aBroker('default', { spec: brokerSpec }));
  await world.store.create(trigger(spec));
  await world.eventing.settled();
};

describe('Trigger', () => {
  it('is Ready when it consumes, and what is accepted from then on comes to its subscriber', async () => {
    await setUp();
    expect(conditions()).toEqual({
      BrokerReady: 'True',
      DeadLetterSinkResolved: 'True DeadLetterSinkNotConfigured',
      DependencyReady: 'True',
      OIDCIdentityCreated: 'True authentication-oidc feature disabled',
      Ready: 'True',
      SubscriberResolved: 'True SubscriberResolved',
      SubscriptionReady: 'True',
    });
    expect(statusOf()).toMatchObject({
      observedGeneration: 1,
      subscriberUri: `${receiver.url}/_events`,
      annotations: { 'group.id': 'knative-trigger-shop-orders' },
    });
    expect(statusOf()).not.toHaveProperty('deadLetterSinkUri');
    const { id, status } = await world.publish();
    expect(status).toBe(202);
    await arrives(id);
    expect(receiver.requests[0]?.path).toBe('/_events');
  });

  it('has its start offset when it is Ready: nothing accepted in that moment is missed', async () => {
    await setUp();
    await world.store.remove(triggerKind, 'shop', 'orders');
    await world.eventing.settled();
    const unseen = await world.publish();
    const seen: string[] = [];
    const stop = world.store.watch(triggerKind, undefined, async ({ object }) => {
      const ready =
        object.status?.conditions?.find(({ type }: { type: string }) => type === 'Ready')?.status === 'True';
      if (ready && seen.length === 0) seen.push((await world.publish()).id);
    });
    await world.store.create(trigger());
    await expect.poll(() => seen).toHaveLength(1);
    stop();
    await arrives(seen[0] ?? '');
    expect(idsAt(receiver)).not.toContain(unseen.id);
  });

  it('filters by filters, which override filter', async () => {
    await setUp({ filter: { attributes: { type: 'shop.test' } }, filters: [{ suffix: { type: '.paid' } }] });
    await world.publish({ type: 'shop.test' });
    const { id } = await world.publish({ type: 'order.paid' });
    await arrives(id);
    expect(idsAt(receiver)).toEqual([id]);
  });

  it('delivers to another Broker and to an absolute URI', async () => {
    await setUp({ subscriber: { uri: `${receiver.url}/any` } });
    const { id } = await world.publish();
    await arrives(id);
    expect(receiver.requests[0]?.path).toBe('/any');
    const other = await world.store.create(aBroker('other', {}));
    await world.store.updateStatus({ ...other, status: { address: { url: 'http://elsewhere.example/x' } } });
    await world.store.update(trigger({ subscriber: { ref: brokerRef('other') } }));
    await world.eventing.settled();
    expect(statusOf()?.subscriberUri).toBe(
      'http://kafka-broker-ingress.knative-eventing.svc.cluster.local/shop/other',
    );
  });

  it('sends what its subscriber does not take to the Broker’s dead-letter sink, and writes one line of it', async () => {
    const deadLetterSink = { ref: serviceRef('desk'), uri: '/_events' };
    await setUp({}, { delivery: { ...failFast, deadLetterSink } });
    expect(conditions().DeadLetterSinkResolved).toBe('True');
    expect(statusOf()?.deadLetterSinkUri).toBe(`${desk.url}/_events`);
    receiver.answer(() => 422);
    const { id } = await world.publish();
    await arrives(id, desk);
    expect(desk.requests[0]?.headers).toMatchObject({
      'ce-knativeerrorcode': '422',
      'ce-knativeerrordest': `${receiver.url}/_events`,
    });
    const lines = world.log.lines.filter(
      ({ level, message }) => level === 'warn' && message.includes('did not take'),
    );
    expect(lines.map(({ fields }) => fields)).toEqual([
      expect.objectContaining({ to: 'subscriber', code: 422, event: expect.objectContaining({ id }) }),
    ]);
    expect(world.recorded).toContainEqual({
      about: expect.objectContaining({ kind: 'Trigger' }),
      reason: 'SinkSendFailed',
      message: `The subscriber ${receiver.url}/_events did not take an event: status 422`,
    });
  });

  it('replaces the Broker’s delivery by its own as a whole', async () => {
    const deadLetterSink = { ref: serviceRef('desk'), uri: '/broker' };
    await setUp({ delivery: failFast }, { delivery: { retry: 3, deadLetterSink } });
    expect(conditions().DeadLetterSinkResolved).toBe('True DeadLetterSinkNotConfigured');
    expect(statusOf()).not.toHaveProperty('deadLetterSinkUri');
    receiver.answer(() => 500);
    const lost = await world.publish();
    await arrives(lost.id);
    await world.store.update(
      trigger({ delivery: { ...failFast, deadLetterSink: { ref: serviceRef('desk'), uri: '/own' } } }),
    );
    await world.eventing.settled();
    const kept = await world.publish();
    await arrives(kept.id, desk);
    expect(desk.requests.map(({ path }) => path)).toEqual(['/own']);
    expect(idsAt(receiver).filter((id) => id === lost.id)).toHaveLength(1);
  });

  it('says what is missing, and becomes Ready when it is there', async () => {
    await world.store.create(trigger({ delivery: { deadLetterSink: { ref: serviceRef('desk') } } }));
    await world.eventing.settled();
    expect(conditions()).toMatchObject({
      BrokerReady: 'False BrokerDoesNotExist',
      Ready: 'False BrokerDoesNotExist',
    });
    await world.store.create(aBroker('default', {}));
    await world.eventing.settled();
    expect(conditions()).toMatchObject({
      BrokerReady: 'True',
      SubscriberResolved: "False Unable to get the Subscriber's URI",
      DeadLetterSinkResolved: "False Unable to get the dead letter sink's URI",
      SubscriptionReady: 'Unknown SubscriptionNotConfigured',
      Ready: expect.stringMatching(/^False/),
    });
    await world.addService('orders', receiver.url);
    await world.addService('desk', desk.url);
    await world.eventing.settled();
    expect(conditions().Ready).toBe('True');
    await arrives((await world.publish()).id);
  });

  it('keeps its last good settings when a reference goes or a setting cannot be served', async () => {
    await setUp();
    await world.store.remove(servingService, 'shop', 'orders');
    await world.eventing.settled();
    expect(conditions().Ready).toMatch(/^False/);
    await arrives((await world.publish()).id);
    await world.addService('orders', receiver.url);
    await world.store.update(trigger({ delivery: { retry: 1, backoffDelay: '-PT0S' } }));
    await world.eventing.settled();
    expect(conditions().SubscriptionReady).toBe('False NotSubscribed');
    await arrives((await world.publish()).id);
  });

  it('does not deliver, and loses nothing, while a reference does not resolve after a restart', async () => {
    await setUp();
    await arrives((await world.publish()).id);
    await world.store.remove(servingService, 'shop', 'orders');
    await world.close();
    world = await openWorld(database.adminUrl);
    const waiting = await world.publish();
    expect(waiting.status).toBe(202);
    expect(conditions().SubscriberResolved).toMatch(/^False/);
    const before = idsAt(receiver);
    await world.addService('orders', receiver.url);
    await arrives(waiting.id);
    expect(before).not.toContain(waiting.id);
  });

  it('never looks failed while the runtime starts again', async () => {
    await setUp();
    await world.close();
    const seen: (string | undefined)[] = [];
    world = await openWorld(database.adminUrl, {
      prepare: (store) =>
        store.watch(triggerKind, undefined, ({ object }) => {
          seen.push(readyOf({ status: object.status })?.status);
        }),
    });
    expect(seen).toEqual(['Unknown', 'True']);
  });

  it('made again starts at the newest event, also when the runtime died before its group was removed', async () => {
    await setUp();
    await arrives((await world.publish()).id);
    for (const died of [false, true]) {
      if (died) await world.eventing.stop();
      await world.store.remove(triggerKind, 'shop', 'orders');
      if (died) {
        await world.close();
        world = await openWorld(database.adminUrl);
      }
      await world.eventing.settled();
      const unseen = await world.publish({ partitionkey: 'one' });
      await world.store.create(trigger());
      await world.eventing.settled();
      const seen = await world.publish({ partitionkey: 'one' });
      await arrives(seen.id);
      expect(idsAt(receiver)).not.toContain(unseen.id);
    }
  });

  it('follows a Broker that is removed and made again', async () => {
    await setUp();
    await world.store.remove(brokerKind, 'shop', 'default');
    await world.eventing.settled();
    expect(conditions().Ready).toBe('False BrokerDoesNotExist');
    await world.store.create(aBroker('default', {}));
    await world.eventing.settled();
    expect(conditions().Ready).toBe('True');
    await arrives((await world.publish()).id);
    await Promise.all([
      world.store.remove(brokerKind, 'shop', 'default'),
      world.store.create(aBroker('default', {})),
    ]);
    await expect.poll(() => world.conditions(brokerKind, 'default').Ready).toBe('True');
    await expect.poll(() => conditions().Ready).toBe('True');
    await world.eventing.settled();
    await arrives((await world.publish()).id);
  });

  it('shows the readiness of the source that it depends on', async () => {
    const dependency = (value: string) => ({ annotations: { 'knative.dev/dependency': value } });
    await setUp();
    const reference = JSON.stringify({
      apiVersion: 'sources.knative.dev/v1',
      kind: 'PingSource',
      name: 'beat',
    });
    await world.store.update(trigger({}, dependency(reference.replace('PingSource', 'Cupboard'))));
    await world.eventing.settled();
    expect(conditions().DependencyReady).toBe('False ReferenceError');
    await world.store.update(trigger({}, dependency(reference)));
    await world.eventing.settled();
    expect(conditions().DependencyReady).toBe('False DependencyDoesNotExist');
    await world.store.create(aPingSource('beat', { spec: { schedule: '@yearly', sink: { uri: desk.url } } }));
    await expect.poll(() => conditions()).toMatchObject({ DependencyReady: 'True', Ready: 'True' });
    await world.store.remove(pingSource, 'shop', 'beat');
    await expect.poll(() => conditions().DependencyReady).toBe('False DependencyDoesNotExist');
  });

  it('refuses an order of delivery that there is not', async () => {
    const order = (value: string) => ({
      annotations: { 'kafka.eventing.knative.dev/delivery.order': value },
    });
    await setUp();
    await world.store.update(trigger({}, order('random')));
    await world.eventing.settled();
    expect(conditions().SubscriptionReady).toBe('False NotSubscribed');
    await world.store.update(trigger({}, order('ordered')));
    await world.eventing.settled();
    expect(conditions().Ready).toBe('True');
    const published: string[] = [];
    for (let n = 0; n < 20; n++) published.push((await world.publish({ partitionkey: 'one' })).id);
    await arrives(published.at(-1) ?? '');
    expect(idsAt(receiver)).toEqual(published);
  });
});
