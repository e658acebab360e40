import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NewObject } from '../store/types.ts';
import { boundBy, sinkBindingMutator } from './bind-sink.ts';
import { servingService } from './kinds.ts';
import {
  aBroker,
  aService,
  aSinkBinding,
  brokerRef,
  readerOf,
  serviceRef,
  template,
} from './objects.fixture.ts';

const sinkUrl = 'http://kafka-broker-ingress.knative-eventing.svc.cluster.local/shop/default';
const broker = aBroker('default', {}, { annotations: { 'eventing.knative.dev/broker.class': 'Kafka' } });
const bind = (name: string, subject: object, rest: object = {}) =>
  aSinkBinding(name, { spec: { subject, sink: { ref: brokerRef('default') }, ...rest } });
const byName = bind('orders', serviceRef('orders'));
const byLabel = (matchLabels: object) =>
  bind('labelled', { apiVersion: 'serving.knative.dev/v1', kind: 'Service', selector: { matchLabels } });

const admit = (object: NewObject, ...others: NewObject[]) =>
  sinkBindingMutator({ kind: servingService, object, read: readerOf(...others) });
const envOf = (service: NewObject) =>
  service.spec.template.spec.containers.map(({ env }: { env?: object[] }) => env);

describe('sinkBindingMutator', () => {
  it('gives a Service its sink at its first admission, before the Broker has a status', () => {
    const admitted = admit(aService('orders', { spec: template() }), broker, byName);
    expect(envOf(admitted)).toEqual([[{ name: 'K_SINK', value: sinkUrl }, { name: 'K_CE_OVERRIDES' }]]);
    expect(admitted.metadata.annotations).toEqual({ [boundBy]: 'orders' });
  });

  it('gives the overrides as JSON', () => {
    const binding = bind('orders', serviceRef('orders'), { ceOverrides: { extensions: { team: 'shop' } } });
    expect(envOf(admit(aService('orders', { spec: template() }), broker, binding))[0]).toContainEqual({
      name: 'K_CE_OVERRIDES',
      value: '{"extensions":{"team":"shop"}}',
    });
  });

  it('selects by label, in its own namespace only', () => {
    const labels = { tier: 'back' };
    const bound = (service: NewObject) =>
      admit(service, broker, byLabel(labels)).metadata.annotations?.[boundBy];
    expect(bound(aService('orders', { spec: template() }, { labels }))).toBe('labelled');
    expect(bound(aService('orders', { spec: template() }, { labels: { tier: 'front' } }))).toBeUndefined();
    expect(
      bound(aService('orders', { spec: template() }, { labels, namespace: 'elsewhere' })),
    ).toBeUndefined();
  });

  it('takes back what a binding gave that is gone, and nothing else', () => {
    const own = [{ name: 'A', value: '1' }];
    const bound = admit(aService('orders', { spec: template(own) }), broker, byName);
    expect(envOf(admit(bound, broker))).toEqual([own]);
    expect(admit(bound, broker).metadata.annotations).toEqual({});
  });

  it('never touches a K_SINK that no binding gave', () => {
    const service = aService('orders', { spec: template([{ name: 'K_SINK', value: 'http://own.example' }]) });
    expect(admit(service, broker)).toBe(service);
  });

  it('leaves the sink that stands when it stops resolving, also where the update lacks it', () => {
    const known = { ...byName, status: { sinkUri: sinkUrl } };
    const bound = admit(aService('orders', { spec: template() }), broker, byName);
    expect(envOf(admit(bound, byName))).toEqual(envOf(bound));
    expect(envOf(admit(aService('orders', { spec: template() }), known))).toEqual(envOf(bound));
  });

  it('changes nothing the second time, and gives each container one K_SINK, whatever stood there', () => {
    const variable = fc.record({
      name: fc.constantFrom('A', 'B', 'K_SINK', 'K_CE_OVERRIDES', 'K_CA_CERTS'),
      value: fc.string(),
    });
    const container = fc.record(
      { image: fc.constant('x'), env: fc.array(variable) },
      { requiredKeys: ['image'] },
    );
    const services = fc.record({
      labels: fc.constantFrom<Record<string, string>[]>({}, { tier: 'back' }, { tier: 'front' }),
      containers: fc.array(container, { minLength: 1, maxLength: 3 }),
      initContainers: fc.option(fc.array(container, { maxLength: 2 }), { nil: undefined }),
    });
    const bindings = fc.subarray([
      byName,
      byLabel({ tier: 'back' }),
      bind('other', serviceRef('other')),
      bind('zz', serviceRef('orders'), { ceOverrides: { extensions: { a: 'b' } } }),
    ]);
    fc.assert(
      fc.property(services, bindings, ({ labels, containers, initContainers }, bound) => {
        const spec = { template: { spec: { containers, ...(initContainers && { initContainers }) } } };
        const service = aService('orders', { spec }, { labels });
        const once = admit(service, broker, ...bound);
        expect(admit(once, broker, ...bound)).toEqual(once);
        const giver = once.metadata.annotations?.[boundBy];
        if (giver === undefined) {
          expect(once).toBe(service);
          return;
        }
        for (const env of envOf(once)) {
          expect(env.filter(({ name }: { name: string }) => name.startsWith('K_'))).toHaveLength(2);
        }
        const undone = admit(once, broker);
        const kept = (list: { env?: { name: string }[] }[]) =>
          list.map(({ env = [] }) => env.filter(({ name }) => !name.startsWith('K_')));
        expect(kept(undone.spec.template.spec.containers)).toEqual(kept(containers));
      }),
    );
  });
});
