import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { createAdmission } from '../admission/admission.ts';
import type { Controller } from '../store/controller.ts';
import { openStore, testLog } from '../store/testing.ts';
import { sinkBindingMutator } from './bind-sink.ts';
import { servingService, sinkBinding } from './kinds.ts';
import {
  aBroker,
  aNamespace,
  aService,
  aSinkBinding,
  brokerRef,
  serviceRef,
  template,
} from './objects.fixture.ts';
import { sinkBindingController } from './sink-binding.ts';

const sink = 'http://kafka-broker-ingress.knative-eventing.svc.cluster.local/shop/default';

let database: TestDatabase;
let store: Awaited<ReturnType<typeof openStore>>;
let controller: Controller;

const begin = async () => {
  const admit = createAdmission({ mutators: [sinkBindingMutator] });
  store = await openStore(database.adminUrl, { admit });
  if (!store.get('Namespace', undefined, 'shop')) await store.create(aNamespace('shop'));
  controller = sinkBindingController({ store, log: testLog() });
  controller.start();
};

const end = async () => {
  await controller.stop();
  await store.close();
};

beforeEach(async () => {
  database = await freshDatabase();
  await begin();
});

afterEach(async () => {
  await end();
  await database.drop();
});

const bind = (subject: object, name = 'binding') =>
  aSinkBinding(name, { spec: { subject, sink: { ref: brokerRef('default') } } });
const addBroker = async () => {
  const broker = await store.create(aBroker('default'));
  await store.updateStatus({ ...broker, status: { address: { url: sink } } });
};
const service = (name: string) => store.get(servingService, 'shop', name);
const sinkOf = (name: string) =>
  service(name)?.spec.template.spec.containers[0].env?.find(
    (variable: { name: string }) => variable.name === 'K_SINK',
  )?.value;
const conditions = (name = 'binding') =>
  Object.fromEntries(
    (store.get(sinkBinding, 'shop', name)?.status?.conditions ?? []).map(
      ({ type, status, reason }: { type: string; status: string; reason?: string }) => [
        type,
        reason ? `${status} ${reason}` : status,
      ],
    ),
  );

describe('SinkBinding', () => {
  it('reaches a Service that was there before it, in a new generation', async () => {
    await addBroker();
    await store.create(aService('orders', { spec: template() }));
    await store.create(bind(serviceRef('orders')));
    await controller.idle();
    expect(sinkOf('orders')).toBe(sink);
    expect(service('orders')?.metadata.generation).toBe(2);
    expect(conditions()).toMatchObject({ Ready: 'True', SinkProvided: 'True', SinkBindingAvailable: 'True' });
    expect(store.get(sinkBinding, 'shop', 'binding')?.status).toMatchObject({
      sinkUri: sink,
      observedGeneration: 1,
    });
  });

  it('costs a Service that comes after it no second generation', async () => {
    await addBroker();
    await store.create(bind(serviceRef('orders')));
    await store.create(aService('orders', { spec: template() }));
    await controller.idle();
    expect(sinkOf('orders')).toBe(sink);
    expect(service('orders')?.metadata.generation).toBe(1);
  });

  it('says that its subject or its sink is missing, and reaches it when it comes', async () => {
    await store.create(bind(serviceRef('orders')));
    await controller.idle();
    expect(conditions()).toMatchObject({
      Ready: expect.stringMatching(/^False/),
      SinkBindingAvailable: 'False SubjectMissing',
      SinkProvided: 'False NoAddressable',
    });
    await store.create(aService('orders', { spec: template() }));
    await addBroker();
    await controller.idle();
    expect(conditions()).toMatchObject({ Ready: 'True' });
    expect(sinkOf('orders')).toBe(sink);
  });

  it('moves with its selector and with the labels of Services', async () => {
    await addBroker();
    const labelled = (tier: string) =>
      bind({ ...serviceRef(''), name: undefined, selector: { matchLabels: { tier } } });
    await store.create(aService('a', { spec: template() }, { labels: { tier: 'back' } }));
    await store.create(aService('b', { spec: template() }, { labels: { tier: 'front' } }));
    await store.create(labelled('back'));
    await controller.idle();
    expect([sinkOf('a'), sinkOf('b')]).toEqual([sink, undefined]);
    await store.update(labelled('front'));
    await controller.idle();
    expect([sinkOf('a'), sinkOf('b')]).toEqual([undefined, sink]);
    await store.update(aService('a', { spec: template() }, { labels: { tier: 'front' } }));
    await controller.idle();
    expect([sinkOf('a'), sinkOf('b')]).toEqual([sink, sink]);
  });

  it('takes back what it gave when it is removed, also when the runtime died before it could', async () => {
    await addBroker();
    await store.create(aService('orders', { spec: template([{ name: 'A', value: '1' }]) }));
    for (const died of [false, true]) {
      await store.create(bind(serviceRef('orders')));
      await controller.idle();
      expect(sinkOf('orders')).toBe(sink);
      if (died) await controller.stop();
      await store.remove(sinkBinding, 'shop', 'binding');
      if (died) {
        await end();
        await begin();
      }
      await controller.idle();
      expect(service('orders')?.spec.template.spec.containers[0].env).toEqual([{ name: 'A', value: '1' }]);
    }
  });

  it('changes no Service when its sink stops resolving', async () => {
    await addBroker();
    await store.create(aService('orders', { spec: template() }));
    await store.create(bind(serviceRef('orders')));
    await controller.idle();
    const generation = service('orders')?.metadata.generation;
    await store.remove('Broker.eventing.knative.dev', 'shop', 'default');
    await controller.idle();
    expect(conditions()).toMatchObject({ SinkProvided: 'False NoAddressable', SinkBindingAvailable: 'True' });
    expect([sinkOf('orders'), service('orders')?.metadata.generation]).toEqual([sink, generation]);
  });

  it('comes to rest where two bindings select one Service', async () => {
    await addBroker();
    await store.create(aService('orders', { spec: template() }));
    await store.create(bind(serviceRef('orders'), 'one'));
    await store.create(bind(serviceRef('orders'), 'two'));
    await controller.idle();
    const revision = store.revision();
    controller.enqueue('shop/one');
    controller.enqueue('shop/two');
    await controller.idle();
    expect(store.revision()).toBe(revision);
    expect([conditions('one').Ready, conditions('two').Ready]).toEqual(['True', 'True']);
  });

  it('says when a Service refuses it', async () => {
    await addBroker();
    const { template: pinned } = template();
    const metadata = { name: 'orders-pinned' };
    await store.create(aService('orders', { spec: { template: { ...pinned, metadata } } }));
    await store.create(bind(serviceRef('orders')));
    await controller.idle();
    expect(conditions().SinkBindingAvailable).toBe('False BindingFailed');
  });
});
