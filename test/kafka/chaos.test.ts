import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
