import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCluster } from '../../eventing/log/kafka/cluster.ts';
import { createDesk } from '../../eventing/log/kafka/desk.ts';
import { createKafkaLog } from '../../eventing/log/kafka.ts';
import { silent } from '../../eventing/log/logger.ts';
import { waitUntil } from '../support/platform.ts';
import { freshDatabase } from '../support/postgres.ts';
import { countEffects } from './chaos/keyed-events.ts';
import { countLostAppends } from './chaos/lost-appends.ts';
import { eventLogProducer } from './chaos/producers.ts';
import { type Kafka, startKafka } from './support/kafka.ts';

describe('three brokers, three replicas, two of which must have what is acknowledged', () => {
  let kafka: Kafka;
  beforeAll(async () => {
    kafka = await startKafka(3);
  });
  afterAll(() => kafka?.end());

  test.each([
    ['all of them named', (brokers: string[]) => brokers],
    ['one of them named', (brokers: string[]) => brokers.slice(1, 2)],
  ])(
    'a topic made while a broker is away has three replicas all the same: %s',
    async (_, named) => {
      const cluster = openCluster({ brokers: kafka.brokers.slice(1), clientId: 'test', logger: silent });
      const desk = createDesk(cluster);
      const brokers = () =>
        desk.ask(async () => {
          await cluster.refreshMetadata();
          return cluster.getNodeIds();
        });
      await waitUntil('all brokers to be in', 60_000, async () => (await brokers()).length === 3);
      await kafka.kill(1);
      try {
        await waitUntil('the others to know', 60_000, async () => (await brokers()).length === 2);
        const log = createKafkaLog({ brokers: named(kafka.brokers) });
        const topic = `made-${randomUUID()}`;
        await log.createTopic(topic, { partitions: 6 });
        await log.append(topic, [{ value: Buffer.from('x') }]);
        const { topicMetadata } = await desk.ask(async () => {
          const [nodeId = ''] = await brokers();
          return (await cluster.findBroker({ nodeId })).metadata([topic]);
        });
        const replicas = topicMetadata[0]?.partitionMetadata.map((partition) => partition.replicas.length);
        expect(replicas).toEqual([3, 3, 3, 3, 3, 3]);
        await log.close();
      } finally {
        await cluster.disconnect();
        await kafka.start(1);
      }
    },
    240_000,
  );

  test('three kill -9 of brokers under concurrent appends lose none that was acknowledged', async () => {
    const producer = eventLogProducer(kafka.brokers);
    const result = await countLostAppends(kafka, producer, { kills: 3 });
    await producer.close();
    expect(result).toMatchObject({ lost: [], misplaced: [] });
    expect(result.acknowledged).toBeGreaterThan(2_000);
  }, 600_000);

  test('a broker and a consumer killed with -9: order a key, and every effect once', async () => {
    const database = await freshDatabase();
    const events = 16_000;
    const result = await countEffects(kafka, { events, keys: 320, databaseUrl: database.adminUrl });
    await database.drop();
    expect(result).toMatchObject({ events, effects: events, disordered: [] });
  }, 600_000);
});
