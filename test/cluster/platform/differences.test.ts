// What a cluster does that the local runtime does otherwise or has not: the rows of docs/differences.md.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conditionOf } from '../../acceptance/support/kube.ts';
import { service, toBroker, toService, watchingTrigger } from '../../acceptance/support/objects.ts';
import { until } from '../../acceptance/support/until.ts';
import { openWorld, type World } from '../../acceptance/support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const broker = (name: string, delivery: object) => ({
  kind: 'Broker',
  metadata: { name, annotations: { 'eventing.knative.dev/broker.class': 'MTChannelBasedBroker' } },
  spec: { delivery },
});
const bind = (name: string) =>
  world.make('binding', {
    kind: 'SinkBinding',
    metadata: { name },
    spec: {
      subject: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name },
      sink: toBroker('default'),
    },
  });

describe('a SinkBinding', () => {
  it('that came before its Service is in its first revision', async () => {
    const name = world.fresh('bound-first');
    await bind(name);
    await until('it is seen', async () => (await world.kube.get('binding', name)).status?.conditions);
    const { status } = await world.serve(name);
    expect(status.latestCreatedRevisionName).toBe(`${name}-00001`);
    const { spec } = await world.kube.get('revision', `${name}-00001`);
    expect(JSON.stringify(spec.containers[0].env)).toContain('K_SINK');
  });

  it('that comes after it makes a second revision', async () => {
    const name = world.fresh('bound-later');
    await world.serve(name);
    await bind(name);
    await until('another revision is ready', async () => {
      const { status } = await world.kube.get('ksvc', name);
      return status.latestReadyRevisionName === `${name}-00002`;
    });
  });

  it('without its Service has nothing to wait for but SubjectMissing', async () => {
    const name = world.fresh('bound-alone');
    await bind(name);
    const object = await until('it is seen', async () => {
      const found = await world.kube.get('binding', name);
      return conditionOf(found, 'Ready').reason === 'SubjectMissing' && found;
    });
    expect(object.status.conditions.map((one: { status: string }) => one.status)).not.toContain('True');
  });
});

describe('a Broker', () => {
  it('whose dead letters go to a Service that is not there has no address', async () => {
    const [name, desk] = [world.fresh('waiting'), world.fresh('desk')];
    await world.make('broker', broker(name, { retry: 1, deadLetterSink: toService(desk, '/_events') }));
    const object = await until('it says so', async () => {
      const found = await world.kube.get('broker', name);
      return conditionOf(found, 'Ready').status === 'False' && found;
    });
    expect(conditionOf(object, 'TriggerChannelReady').reason).toBe('NoAddress');
    expect(object.status.address?.url).toBeUndefined();
    await world.serve(desk);
    await world.kube.ready('broker', name);
  });

  it("of class MTChannelBasedBroker has its Triggers' delivery replace its own, whatever their status shows", async () => {
    const name = world.fresh('replaced');
    await world.make('trigger', {
      ...watchingTrigger(name, name, [{ exact: { type: 'never' } }]),
      spec: { broker: 'default', subscriber: toService('hello', '/'), delivery: { retry: 1 } },
    });
    const { metadata, status } = await world.kube.ready('trigger', name);
    expect(status.deadLetterSinkUri).toMatch(/deadletters\.kagari/);
    const { body } = await world.kube.ask(
      'GET',
      '/apis/messaging.knative.dev/v1/namespaces/kagari/subscriptions',
    );
    const [subscription] = body.items.filter((one: { metadata: { ownerReferences: { uid: string }[] } }) =>
      one.metadata.ownerReferences.some(({ uid }) => uid === metadata.uid),
    );
    expect(subscription.spec.delivery).toEqual({ retry: 1 });
  });
});

describe('a DomainMapping', () => {
  it('is not ready before its domain is claimed for its namespace', async () => {
    const name = world.fresh('unclaimed');
    const domain = `${name}.example.com`;
    await world.serve(name);
    const { ref } = toService(name, '');
    await world.make('domain', { kind: 'DomainMapping', metadata: { name: domain }, spec: { ref } });
    await until('it says so', async () => {
      const object = await world.kube.get('domain', domain);
      return conditionOf(object, 'DomainClaimed').status === 'False';
    });
    await world.make('claim', {
      kind: 'ClusterDomainClaim',
      metadata: { name: domain },
      spec: { namespace: 'kagari' },
    });
    await world.kube.ready('domain', domain);
  });
});

describe('a container', () => {
  it('that does not give up its rights gets no pod, and the Service says why', async () => {
    const name = world.fresh('rightful');
    await world.make(
      'ksvc',
      service(name, { image: world.image, container: { securityContext: undefined } }),
    );
    const object = await until('it says so', async () => {
      const found = await world.kube.get('ksvc', name);
      return /PodSecurity/.test(JSON.stringify(found.status?.conditions ?? [])) && found;
    });
    expect(conditionOf(object, 'Ready').status).not.toBe('True');
  });
});

describe('the event log', () => {
  it("has no topic of the Broker's where its class is MTChannelBasedBroker", async () => {
    const headers = await world.operator();
    const reply = await world.shop.at('/api/messages?topic=knative-broker-kagari-default', { headers });
    expect([reply.status, reply.text]).toEqual([404, expect.anything()]);
  });
});
