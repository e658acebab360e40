import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createKafkaLog } from '../../eventing/log/kafka.ts';
import type { EventLog } from '../../eventing/log/port.ts';
import { kafkaSource } from '../../knative/local/eventing/kinds.ts';
import { aKafkaSource, serviceRef } from '../../knative/local/eventing/objects.fixture.ts';
import { type Receiver, startReceiver } from '../../knative/local/eventing/receiver.fixture.ts';
import { openWorld, type World } from '../../knative/local/eventing/world.fixture.ts';
import { readyOf } from '../../knative/local/store/conditions.ts';
import type { KubeObject } from '../../knative/local/store/types.ts';
import { waitUntil } from '../support/platform.ts';
import { freshDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Kafka, startKafka } from './support/kafka.ts';

const patienceMs = 90_000;
let kafka: Kafka;
/** A client of its own, as whoever writes to that Kafka has it. */
let log: EventLog;
let database: TestDatabase;
let world: World;
let receiver: Receiver;
let topic: string;
let topics = 0;

beforeAll(async () => {
  kafka = await startKafka(1);
  log = createKafkaLog({ brokers: kafka.brokers });
});
afterAll(async () => {
  await log?.close();
  await kafka?.end();
});
const open = async (ownKafka?: string[]) => {
  world = await openWorld(database.adminUrl, ownKafka ? { ownKafka } : {});
};
beforeEach(async () => {
  topic = `records-${++topics}`;
  [database, receiver] = await Promise.all([freshDatabase(), startReceiver()]);
});
afterEach(async () => {
  await world.close();
  await receiver.close();
  await database.drop();
});

const put = async (name: string, bootstrapServers: string[]) => {
  const spec = {
    bootstrapServers,
    topics: [topic],
    consumerGroup: `${name}-of-${topic}`,
    initialOffset: 'earliest',
    sink: { ref: serviceRef('first') },
  };
  const standing = world.store.get(kafkaSource, 'shop', name);
  if (standing) await world.store.update({ ...standing, spec: { ...standing.spec, bootstrapServers } });
  else await world.store.create(aKafkaSource(name, { spec }));
};
const append = (to: EventLog, ...texts: string[]) =>
  to.append(
    topic,
    texts.map((text) => ({ value: Buffer.from(text) })),
  );
const received = () => receiver.requests.map(({ body }) => body.toString()).sort();
const delivered = (...texts: string[]) =>
  waitUntil(`${texts}, not ${received()}`, patienceMs, () => String(received()) === String(texts));
/** Of the object as it is now. */
const readiness = (name: string) => {
  const { metadata, status } = world.store.get(kafkaSource, 'shop', name) as KubeObject;
  return metadata.generation === status?.observedGeneration ? readyOf({ status }) : undefined;
};
const ready = (...names: string[]) =>
  waitUntil(`${names} to be Ready`, patienceMs, () =>
    names.every((name) => readiness(name)?.status === 'True'),
  );
const says = (name: string, text: string) =>
  waitUntil(`${name} to say ${text}`, patienceMs, () => readiness(name)?.message?.includes(text) ?? false);

describe('a KafkaSource that names another Kafka', () => {
  test('makes no topic there, says that one is missing, and goes on by itself once it is made', async () => {
    await open();
    await world.addService('first', receiver.url);
    await put('in', kafka.brokers);
    await says('in', `offset at ${kafka.brokers}: there is no topic "${topic}"`);
    expect((await log.topics()).map(({ name }) => name)).not.toContain(topic);
    await log.createTopic(topic, { partitions: 3 });
    await append(log, 'one');
    await delivered('one');
    await ready('in');
    expect(await world.eventLog.topics()).toEqual([]);
  });

  test('made while that Kafka is away says so with its address; all go on by themselves when it is back', async () => {
    await log.createTopic(topic, { partitions: 3 });
    await open();
    await world.addService('first', receiver.url);
    await put('early', kafka.brokers);
    await ready('early');
    await kafka.kill(1);
    await put('late', kafka.brokers);
    await says('late', `offset at ${kafka.brokers}: Kafka: `);
    await kafka.start(1);
    await append(log, 'one', 'two');
    await ready('early', 'late');
    await delivered('one', 'one', 'two', 'two');
  });

  test('leaves its place where it was when it names another one, and goes on there when it comes back', async () => {
    const own = await startKafka(1);
    await open(own.brokers);
    try {
      await log.createTopic(topic, { partitions: 1 });
      await world.addService('first', receiver.url);
      await put('in', kafka.brokers);
      await append(log, 'there 1');
      await delivered('there 1');
      const group = `in-of-${topic}`;
      const done = async () => String(await log.committed(topic, group));
      await waitUntil('it to be committed', patienceMs, async () => (await done()) === '1');

      await put('in', own.brokers);
      await ready('in');
      await append(log, 'there 2');
      await append(world.eventLog, 'here');
      await delivered('here', 'there 1');
      expect(await world.eventLog.topics()).toEqual([{ name: topic, partitions: 10 }]);

      await put('in', kafka.brokers);
      await delivered('here', 'there 1', 'there 2');
      await world.store.remove(kafkaSource, 'shop', 'in');
      await waitUntil('its group to be gone', patienceMs, async () => !(await log.groups()).includes(group));
      expect(await world.eventLog.groups()).toEqual([group]);
      expect((await log.topics()).map(({ name }) => name)).toContain(topic);
    } finally {
      await own.end();
    }
  });
});
