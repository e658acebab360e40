import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../../test/support/platform.ts';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { readyOf } from '../store/conditions.ts';
import { kafkaSource, triggerKind } from './kinds.ts';
import { aBroker, aKafkaSource, aTrigger, serviceRef } from './objects.fixture.ts';
import { type Receiver, startReceiver } from './receiver.fixture.ts';
import { openWorld, type World } from './world.fixture.ts';

let database: TestDatabase;
let world: World;
let receivers: Receiver[];

beforeEach(async () => {
  database = await freshDatabase();
  receivers = await Promise.all([startReceiver(), startReceiver()]);
  world = await openWorld(database.adminUrl);
});
afterEach(async () => {
  await world.close();
  await Promise.all(receivers.map((receiver) => receiver.close()));
  await database.drop();
});

const spec = (more: Record<string, unknown> = {}) => ({
  bootstrapServers: ['kafka.kagari.svc.cluster.local:9092'],
  topics: ['messages'],
  consumerGroup: 'g',
  sink: { ref: serviceRef('first'), uri: '/_events' },
  ...more,
});
const ready = async (name = 'in') => {
  await vi.waitFor(() => expect(world.conditions(kafkaSource, name).Ready).toBe('True'), { timeout: 10_000 });
};
const append = async (...values: string[]) => {
  await world.eventLog.append(
    'messages',
    values.map((value) => ({ value: Buffer.from(value) })),
  );
};
const bodies = () => receivers.flatMap(({ requests }) => requests.map(({ body }) => body.toString()));
const statusOf = (name = 'in') => store().get(kafkaSource, 'shop', name)?.status;
const store = () => world.store;
const reopen = async () => {
  await world.close();
  world = await openWorld(database.adminUrl);
};

describe('KafkaSource', () => {
  it('is Ready when its topics stand and its group has its offsets: what is stored then is delivered', async () => {
    await world.addService('first', receivers[0]?.url ?? '');
    await store().create(
      aKafkaSource('in', { spec: spec() }, { annotations: { 'kagari.dev/topic-partitions': '4' } }),
    );
    await ready();
    expect(await world.eventLog.topics()).toEqual([{ name: 'messages', partitions: 4 }]);
    await append('one');
    await vi.waitFor(() => expect(bodies()).toEqual(['one']), { timeout: 10_000 });
    expect(receivers[0]?.requests[0]).toMatchObject({
      path: '/_events',
      headers: { 'ce-source': '/apis/v1/namespaces/shop/kafkasources/in#messages' },
    });
    expect(statusOf()).toMatchObject({
      observedGeneration: 1,
      sinkUri: `${receivers[0]?.url}/_events`,
      consumers: 1,
      selector: 'eventing.knative.dev/source=kafka-source-controller,eventing.knative.dev/sourceName=in',
    });
    expect(world.conditions(kafkaSource, 'in')).toEqual({
      ConsumerGroup: 'True',
      OIDCIdentityCreated: 'True authentication-oidc feature disabled',
      Ready: 'True',
      SinkProvided: 'True',
    });
  });

  it('has the defaults that Knative gives it', async () => {
    const { consumerGroup: _, ...rest } = spec();
    const made = await store().create(aKafkaSource('in', { spec: rest }));
    expect(made.spec).toMatchObject({
      consumerGroup: expect.stringMatching(/^knative-kafka-source-[0-9a-f-]{36}$/),
      consumers: 1,
      initialOffset: 'latest',
      ordering: 'ordered',
      sink: { ref: { namespace: 'shop' } },
    });
  });

  it.each([
    ['topics', { topics: [] }, 'missing field(s): spec.topics'],
    ['bootstrapServers', { bootstrapServers: undefined }, 'missing field(s): spec.bootstrapServers'],
    ['initialOffset', { initialOffset: 'middle' }, 'invalid value: middle: spec.initialOffset'],
    ['ordering', { ordering: 'some' }, 'invalid value: some: spec.ordering'],
    ['consumers', { consumers: -1 }, 'invalid value: -1: spec.consumers'],
    ['sink', { sink: {} }, 'expected at least one, got none: spec.sink.ref, spec.sink.uri'],
  ])('is refused for its %s in Knative’s words', async (_, wrong, message) => {
    await expect(store().create(aKafkaSource('in', { spec: spec(wrong) }))).rejects.toThrow(message);
  });

  it('keeps its group, and takes only numbers of partitions', async () => {
    const made = await store().create(aKafkaSource('in', { spec: spec() }));
    await expect(store().update({ ...made, spec: { ...made.spec, consumerGroup: 'h' } })).rejects.toThrow(
      'Immutable fields changed (-old +new): spec',
    );
    const metadata = { annotations: { 'kagari.dev/topic-partitions': 'many' } };
    await expect(store().create(aKafkaSource('other', { spec: spec() }, metadata))).rejects.toThrow(
      'invalid value: many: metadata.annotations.kagari.dev/topic-partitions',
    );
  });

  it('says why it does nothing, waits for its sink, and misses nothing from the earliest record on', async () => {
    await world.eventLog.createTopic('messages', { partitions: 2 });
    await append('before');
    await store().create(aKafkaSource('in', { spec: spec({ initialOffset: 'earliest' }) }));
    await expect
      .poll(() => world.conditions(kafkaSource, 'in'))
      .toMatchObject({
        ConsumerGroup: 'False ReconcileContract',
        SinkProvided: 'Unknown SinkEmpty',
        Ready: 'False ReconcileContract',
      });
    expect(world.recorded).toContainEqual({
      about: expect.objectContaining({ kind: 'KafkaSource' }),
      reason: 'ReconcileContract',
      message: expect.stringContaining('Service shop/first not found'),
    });
    await world.addService('first', receivers[0]?.url ?? '');
    await ready();
    await vi.waitFor(() => expect(bodies()).toEqual(['before']), { timeout: 10_000 });
  });

  it('says that its topic has no name that a log takes, and does not try again and again', async () => {
    await world.addService('first', receivers[0]?.url ?? '');
    await store().create(aKafkaSource('in', { spec: spec({ topics: ['no name'] }) }));
    await expect
      .poll(() => world.conditions(kafkaSource, 'in'))
      .toMatchObject({ ConsumerGroup: 'False InitializeOffset' });
    await world.eventing.settled();
    expect(world.log.lines.filter(({ message }) => message.includes('reconcile failed'))).toEqual([]);
  });

  it('says at which Kafka nobody answers, keeps no other source from its work, and is removed all the same', async () => {
    await world.addService('first', receivers[0]?.url ?? '');
    const nobody = `127.0.0.1:${await freePort()}`;
    await store().create(aKafkaSource('away', { spec: spec({ bootstrapServers: [nobody] }) }));
    await store().create(aKafkaSource('in', { spec: spec() }));
    await ready();
    await append('one');
    await vi.waitFor(() => expect(bodies()).toEqual(['one']), { timeout: 10_000 });
    await vi.waitFor(
      () => {
        expect(world.conditions(kafkaSource, 'away').Ready).toBe('False InitializeOffset');
        expect(readyOf({ status: statusOf('away') })?.message).toContain(
          `failed to initialize consumer group offset at ${nobody}: Kafka: `,
        );
      },
      { timeout: 10_000 },
    );
    await store().remove(kafkaSource, 'shop', 'away');
    await vi.waitFor(
      () =>
        expect(world.log.lines).toContainEqual({
          level: 'warn',
          message: 'a removed source leaves its group in a Kafka that does not answer',
          fields: expect.objectContaining({ kafka: [nobody], group: 'g' }),
        }),
      { timeout: 10_000 },
    );
    expect(await world.eventLog.groups()).toEqual(['g']);
  });

  it('dials no Kafka that wants TLS, and says so', async () => {
    await world.addService('first', receivers[0]?.url ?? '');
    const calls: unknown[] = [];
    const kafka = createServer((socket) => void calls.push(socket.destroy()));
    await new Promise<void>((resolve) => kafka.listen(0, '127.0.0.1', resolve));
    const server = `127.0.0.1:${(kafka.address() as AddressInfo).port}`;
    const net = { tls: { enable: true } };
    await store().create(aKafkaSource('in', { spec: spec({ bootstrapServers: [server], net }) }));
    await expect.poll(() => world.conditions(kafkaSource, 'in').Ready).toBe('False InitializeOffset');
    expect(readyOf({ status: statusOf() })?.message).toContain(`spec.net: ${server} is not dialled`);
    await store().remove(kafkaSource, 'shop', 'in');
    await world.eventing.settled();
    expect(calls).toEqual([]);
    await new Promise((resolve) => kafka.close(resolve));
  });

  it('goes on after a restart where it was', async () => {
    await world.addService('first', receivers[0]?.url ?? '');
    await store().create(aKafkaSource('in', { spec: spec() }));
    await ready();
    await append('one');
    await vi.waitFor(() => expect(bodies()).toEqual(['one']), { timeout: 10_000 });
    const ends = (await world.eventLog.offsets('messages')).map(({ end }) => end);
    await expect.poll(() => world.eventLog.committed('messages', 'g')).toEqual(ends);
    await reopen();
    await ready();
    await append('two');
    await vi.waitFor(() => expect(bodies()).toEqual(['one', 'two']), { timeout: 10_000 });
  });

  it('removed, ends its deliveries and its group; made again under its name, starts anew', async () => {
    await world.addService('first', receivers[0]?.url ?? '');
    await store().create(aKafkaSource('in', { spec: spec() }));
    await ready();
    await store().remove(kafkaSource, 'shop', 'in');
    await vi.waitFor(async () => expect(await world.eventLog.groups()).toEqual([]), { timeout: 10_000 });
    await append('unheard');
    await store().create(aKafkaSource('in', { spec: spec() }));
    await ready();
    await append('heard');
    await vi.waitFor(() => expect(bodies()).toEqual(['heard']), { timeout: 10_000 });
  });

  it('removed while its sink is gone, and after a restart, ends its group, too', async () => {
    await world.addService('first', receivers[0]?.url ?? '');
    await store().create(aKafkaSource('in', { spec: spec() }));
    await ready();
    await store().remove('Service.serving.knative.dev', 'shop', 'first');
    await reopen();
    await expect.poll(() => world.conditions(kafkaSource, 'in').Ready).toBe('False ReconcileContract');
    expect(await world.eventLog.groups()).toEqual(['g']);
    await store().remove(kafkaSource, 'shop', 'in');
    await vi.waitFor(async () => expect(await world.eventLog.groups()).toEqual([]), { timeout: 10_000 });
  });

  it('notes a delivery that failed for good on itself, with a dead letter where it says so', async () => {
    const [first, desk] = receivers;
    first?.answer(() => 500);
    await world.addService('first', first?.url ?? '');
    const delivery = { retry: 1, backoffDelay: 'PT0.01S', deadLetterSink: { uri: `${desk?.url}/dead` } };
    await store().create(aKafkaSource('in', { spec: spec({ delivery }) }));
    await ready();
    await append('x');
    await vi.waitFor(() => expect(desk?.requests).toHaveLength(1), { timeout: 10_000 });
    expect(desk?.requests[0]).toMatchObject({
      path: '/dead',
      headers: { 'ce-knativeerrorcode': '500', 'ce-knativeerrordest': `${first?.url}/_events` },
    });
    expect(first?.requests).toHaveLength(2);
    expect(world.recorded).toContainEqual({
      about: expect.objectContaining({ kind: 'KafkaSource' }),
      reason: 'SinkSendFailed',
      message: `The subscriber ${first?.url}/_events did not take an event: status 500`,
    });
  });

  it('is what a Trigger may depend on', async () => {
    await world.addService('first', receivers[0]?.url ?? '');
    await store().create(aBroker('default'));
    const dependency = { kind: 'KafkaSource', name: 'in', apiVersion: 'sources.knative.dev/v1' };
    await store().create(
      aTrigger(
        't',
        { spec: { broker: 'default', subscriber: { ref: serviceRef('first') } } },
        { annotations: { 'knative.dev/dependency': JSON.stringify(dependency) } },
      ),
    );
    await expect
      .poll(() => world.conditions(triggerKind, 't').DependencyReady)
      .toBe('False DependencyDoesNotExist');
    await store().create(aKafkaSource('in', { spec: spec() }));
    await vi.waitFor(() => expect(world.conditions(triggerKind, 't').DependencyReady).toBe('True'), {
      timeout: 10_000,
    });
  });
});

it('loses none of 300 records while sink, order, consumers, overrides and topics change, and sinks fail at times', async () => {
  for (const [index, name] of ['first', 'second'].entries()) {
    const receiver = receivers[index];
    await world.addService(name, receiver?.url ?? '');
    const failed = new Set<string>();
    let count = 0;
    receiver?.answer(({ body }) => {
      if (count++ % 7 || failed.has(String(body))) return 204;
      failed.add(String(body));
      return 503;
    });
  }
  const delivery = { retry: 5, backoffDelay: 'PT0.02S', backoffPolicy: 'linear' };
  const versions = [
    {},
    { sink: { ref: serviceRef('second') }, ordering: 'unordered' },
    { consumers: 3, ceOverrides: { extensions: { team: 'blue' } } },
    { topics: ['messages', 'others'], consumers: 0 },
    { sink: { ref: serviceRef('second') }, topics: ['messages', 'others'] },
  ].map((more) => spec({ delivery, ...more }));
  await store().create(aKafkaSource('in', { spec: versions[0] }));
  await ready();

  const stored: string[] = [];
  let writing = true;
  const written = (async () => {
    for (let i = 0; i < 300; i += 3) {
      const values = [0, 1, 2].map((n) => `r${i + n}`);
      await append(...values);
      stored.push(...values);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })().finally(() => {
    writing = false;
  });
  let changes = 0;
  while (writing) {
    await store().update(aKafkaSource('in', { spec: versions[++changes % versions.length] }));
    await world.eventing.settled();
  }
  await written;
  await store().update(aKafkaSource('in', { spec: versions[0] }));

  expect(changes).toBeGreaterThan(versions.length);
  await vi.waitFor(
    () => {
      const seen = new Set(bodies());
      expect(stored.filter((value) => !seen.has(value))).toEqual([]);
    },
    { timeout: 25_000 },
  );
  expect(stored).toHaveLength(300);
});
