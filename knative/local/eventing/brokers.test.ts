import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LogError } from '../../../eventing/log/port.ts';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { admitAll } from '../store/testing.ts';
import { brokerKind } from './kinds.ts';
import { aBroker, aConfigMap, aNamespace, serviceRef } from './objects.fixture.ts';
import { openWorld, type World } from './world.fixture.ts';

const config = { apiVersion: 'v1', kind: 'ConfigMap', name: 'kafka-broker-config' };

let database: TestDatabase;
let world: World;

beforeEach(async () => {
  database = await freshDatabase();
  world = await openWorld(database.adminUrl);
});

afterEach(async () => {
  await world.close();
  await database.drop();
});

const statusOf = (name = 'default') => world.store.get(brokerKind, 'shop', name)?.status;
const conditions = (name = 'default') => world.conditions(brokerKind, name);
const partitions = async (topic: string) =>
  (await world.eventLog.topics()).find(({ name }) => name === topic)?.partitions;

describe('Broker', () => {
  it('is Ready with its topic, its address and the conditions of its class', async () => {
    await world.store.create(
      aConfigMap('kafka-broker-config', {
        data: { 'default.topic.partitions': '3', 'bootstrap.servers': 'k:9092' },
      }),
    );
    await world.store.create(aBroker('default', { spec: { config } }));
    await world.eventing.settled();
    const url = 'http://kafka-broker-ingress.knative-eventing.svc.cluster.local/shop/default';
    expect(statusOf()).toMatchObject({
      observedGeneration: 1,
      address: { name: 'http', url },
      addresses: [{ name: 'http', url }],
      annotations: {
        'default.topic': 'knative-broker-shop-default',
        'default.topic.partitions': '3',
        'bootstrap.servers': 'k:9092',
      },
    });
    expect(conditions()).toEqual({
      Addressable: 'True',
      ConfigMapUpdated: 'True',
      ConfigParsed: 'True',
      DataPlaneAvailable: 'True',
      EventPoliciesReady: 'True OIDCDisabled',
      ProbeSucceeded: 'True',
      Ready: 'True',
      TopicReady: 'True Topic knative-broker-shop-default created',
    });
    expect(await partitions('knative-broker-shop-default')).toBe(3);
    expect((await world.publish()).status).toBe(202);
  });

  it('of another class has that class’s conditions and ingress, and ten partitions where nothing says otherwise', async () => {
    const annotations = { 'eventing.knative.dev/broker.class': 'MTChannelBasedBroker' };
    await world.store.create(aBroker('default', {}, { annotations }));
    await world.eventing.settled();
    expect(conditions()).toEqual({
      Addressable: 'True',
      DeadLetterSinkResolved: 'True DeadLetterSinkNotConfigured',
      EventPoliciesReady: 'True OIDCDisabled',
      FilterReady: 'True',
      IngressReady: 'True',
      Ready: 'True',
      TriggerChannelReady: 'True',
    });
    expect(statusOf()?.address.url).toBe(
      'http://broker-ingress.knative-eventing.svc.cluster.local/shop/default',
    );
    expect(await partitions('knative-broker-shop-default')).toBe(10);
  });

  it('waits for its ConfigMap, and for one that can be read', async () => {
    await world.store.create(aBroker('default', { spec: { config } }));
    await world.eventing.settled();
    expect(conditions().Ready).toMatch(/^False .*failed to get configmap shop\/kafka-broker-config/);
    expect((await world.publish()).status).toBe(503);
    const map = aConfigMap('kafka-broker-config', { data: { 'default.topic.partitions': 'many' } });
    await world.store.create(map);
    await world.eventing.settled();
    expect(conditions().ConfigParsed).toContain('no positive number: "many"');
    await world.store.update({ ...map, data: { 'default.topic.partitions': '2' } });
    await world.eventing.settled();
    expect(conditions().Ready).toBe('True');
  });

  it('keeps the topic that stands when its ConfigMap changes or goes', async () => {
    const map = await world.store.create(
      aConfigMap('kafka-broker-config', { data: { 'default.topic.partitions': '2' } }),
    );
    await world.store.create(aBroker('default', { spec: { config } }));
    await world.eventing.settled();
    await world.publish();
    await world.store.update({ ...map, data: { 'default.topic.partitions': '7' } });
    await world.eventing.settled();
    await world.store.remove('ConfigMap', 'shop', 'kafka-broker-config');
    await world.eventing.settled();
    expect(conditions().Ready).toBe('True');
    expect(await partitions('knative-broker-shop-default')).toBe(2);
    const offsets = await world.eventLog.offsets('knative-broker-shop-default');
    expect(offsets.reduce((sum, { end }) => sum + end, 0n)).toBe(1n);
  });

  it('is Ready only when its dead-letter sink has an address, and keeps serving when that goes', async () => {
    const delivery = { deadLetterSink: { ref: serviceRef('desk'), uri: '/_events' } };
    await world.store.create(aBroker('default', { spec: { delivery } }));
    await world.eventing.settled();
    expect(conditions().Ready).toContain(
      'failed to resolve Spec.Delivery.DeadLetterSink: Service shop/desk not found',
    );
    await world.addService('desk', 'http://desk.shop.svc.cluster.local');
    await world.eventing.settled();
    expect(conditions().Ready).toBe('True');
    expect(statusOf()?.deadLetterSinkUri).toBe('http://desk.shop.svc.cluster.local/_events');
    await world.store.remove('Service.serving.knative.dev', 'shop', 'desk');
    await world.eventing.settled();
    expect(conditions().Ready).toMatch(/^False/);
    expect((await world.publish()).status).toBe(202);
  });

  it('says what is wrong with its delivery, where admission has not found it', async () => {
    await world.close();
    world = await openWorld(database.adminUrl, { admit: admitAll });
    await world.store.create(aBroker('default', { spec: { delivery: { retry: 1, backoffDelay: 'soon' } } }));
    await world.eventing.settled();
    expect(conditions().ConfigParsed).toMatch(/^False .*backoffDelay/);
  });

  it('that is not there answers 404, and one that is not served yet 503', async () => {
    expect((await world.publish({}, 'nobody')).status).toBe(404);
    expect((await fetch(`${world.base}/shop`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${world.base}/shop/default/more`, { method: 'POST' })).status).toBe(404);
    await world.store.create(aBroker('default', { spec: { config } }));
    await world.eventing.settled();
    expect((await world.publish()).status).toBe(503);
  });

  it('takes its topic with it, and leaves one that another Broker uses', async () => {
    const topic = 'knative-broker-shop-a-b';
    await world.store.create(aBroker('a-b'));
    await world.store.create(aNamespace('shop-a'));
    await world.store.create(aBroker('b', {}, { namespace: 'shop-a' }));
    await world.eventing.settled();
    await world.store.remove(brokerKind, 'shop', 'a-b');
    await world.eventing.settled();
    expect(await partitions(topic)).toBe(10);
    expect((await world.publish({}, 'a-b')).status).toBe(404);
    await world.store.remove(brokerKind, 'shop-a', 'b');
    await world.eventing.settled();
    expect(await partitions(topic)).toBeUndefined();
  });

  it('made again under its name, before anyone saw it go, is another one with an empty topic', async () => {
    await world.close();
    const busy = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    world = await openWorld(database.adminUrl, {
      change: (broker) => ({
        ...broker,
        updateBroker: async (spec) => {
          busy.resolve();
          await held.promise;
          await broker.updateBroker(spec);
        },
      }),
    });
    await world.store.create(aBroker('default'));
    await world.eventing.settled();
    await world.publish();
    await world.store.update(aBroker('default', { spec: { delivery: { retry: 1 } } }));
    await busy.promise;
    await world.store.remove(brokerKind, 'shop', 'default');
    await world.store.create(aBroker('default'));
    held.resolve();
    await world.eventing.settled();
    const offsets = await world.eventLog.offsets('knative-broker-shop-default');
    expect(offsets.every(({ end }) => end === 0n)).toBe(true);
    expect(conditions().Ready).toBe('True');
    expect((await world.publish()).status).toBe(202);
  });

  it('says that the log is down and becomes Ready when it is back', async () => {
    await world.close();
    let down = true;
    world = await openWorld(database.adminUrl, {
      change: (broker) => ({
        ...broker,
        addBroker: async (spec) => {
          if (down) throw new LogError('unavailable', 'no log');
          await broker.addBroker(spec);
        },
      }),
    });
    await world.store.create(aBroker('default', {}));
    await world.eventing.settled();
    expect(conditions().TopicReady).toBe('False Failed to create topic: knative-broker-shop-default');
    down = false;
    await vi.waitFor(() => expect(conditions().Ready).toBe('True'), { timeout: 5_000 });
  });

  it('takes events again after a restart, from what the store says', async () => {
    await world.store.create(aBroker('default', {}));
    await world.eventing.settled();
    await world.close();
    world = await openWorld(database.adminUrl);
    expect((await world.publish()).status).toBe(202);
  });
});
