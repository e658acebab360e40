import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { answerOf, problemOf, utc } from './support/problem.ts';
import { until } from './support/until.ts';
import { openWorld, type World } from './support/world.ts';

interface Message {
  topic: string;
  partition: number;
  offset: string;
  key: string | null;
  timestamp: string;
  headers: Record<string, string>;
  value: unknown;
}
type Consumed = { topics: Record<string, Record<string, { count: number; lastOffset: string }>> };

const { kafkaSources } = inject('served');
/** Kind and lab have no Kafka: nobody consumes, and the Broker has no topic. */
const withSources = it.skipIf(!kafkaSources);
const topic = 'messages';
let world: World;
let headers: Record<string, string>;
beforeAll(async () => {
  world = await openWorld();
  headers = await world.operator();
});
afterAll(() => world?.close());

const messages = (query: string) => world.shop.at(`/api/messages?${query}`, { headers });
const produce = (body: object) => world.shop.at('/producer/produce', { headers, body });

describe('the time', () => {
  it('is the database’s, in UTC, for everybody, below /api', async () => {
    const { time } = answerOf<{ time: string }>(await world.shop.at('/api/time'));
    expect(time).toMatch(utc);
    expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
  });
});

describe('messages', () => {
  it.each([
    '',
    `topic=${topic}&limit=0`,
    `topic=${topic}&limit=1001`,
    `topic=${topic}&limit=x`,
    'topic=no%20name',
  ])('are 422 for ?%s', async (query) => {
    problemOf(await messages(query), 422);
  });

  it('are 404 for a topic that there is not', async () => {
    problemOf(await messages('topic=no-such-topic'), 404);
  });

  it('are the operator’s', async () => {
    const { bearer } = await world.shop.signUp();
    problemOf(await world.shop.at(`/api/messages?topic=${topic}`, { headers: bearer }), 403);
    problemOf(await world.shop.at(`/api/messages?topic=${topic}`), 401);
  });
});

describe('producing', () => {
  it.each(['knative-broker-kagari-default', 'knative-broker-any'])('to %s is 403', async (broker) => {
    problemOf(await produce({ topic: broker, value: 1 }), 403);
  });

  it.each([
    { topic },
    { value: 1 },
    { topic, value: 1, key: '' },
    { topic: 'no name', value: 1 },
    { topic, value: 1, partition: 0 },
  ])('is 422 for %j', async (body) => {
    problemOf(await produce(body), 422);
  });

  it('to a topic that there is not is 404', async () => {
    problemOf(await produce({ topic: 'no-such-topic', value: 1 }), 404);
  });
});

describe('what was consumed', () => {
  it('is counted by topic and partition', async () => {
    const { topics } = answerOf<Consumed>(await world.shop.at('/consumer/consumed', { headers }));
    for (const partitions of Object.values(topics))
      for (const [partition, counted] of Object.entries(partitions)) {
        expect(partition).toMatch(/^\d+$/);
        expect(counted).toEqual({ count: expect.any(Number), lastOffset: expect.stringMatching(/^\d+$/) });
      }
  });
});

describe('a topic', () => {
  let own = topic;
  beforeAll(async () => {
    if (!kafkaSources) return;
    // A source of the consumer's own, as the base has one: the topic comes with it.
    own = world.fresh('contract');
    const { spec } = await world.kube.get('kafka', 'consumer');
    await world.make('kafka', {
      kind: 'KafkaSource',
      metadata: { name: own },
      spec: {
        ...spec,
        topics: [own],
        consumerGroup: own,
        ceOverrides: { extensions: { kafkatopic: own } },
      },
    });
    await world.kube.ready('kafka', own);
  });
  withSources('without messages is an empty list', async () => {
    expect(answerOf(await messages(`topic=${own}`))).toEqual([]);
  });

  it('takes a message: 202 with its place, and is shown there: JSON as JSON, text as a string', async () => {
    for (const value of [{ a: [1, null, 'ü'] }, 'text', 7, null]) {
      const place = answerOf<object>(await produce({ topic: own, key: 'a key', value }), 202);
      expect(place).toEqual({
        topic: own,
        partition: expect.any(Number),
        offset: expect.stringMatching(/^\d+$/),
      });
      const [newest] = answerOf<Message[]>(await messages(`topic=${own}&limit=1`));
      expect(newest).toEqual({
        ...place,
        key: 'a key',
        timestamp: expect.stringMatching(utc),
        headers: expect.any(Object),
        value,
      });
    }
    answerOf(await produce({ topic: own, value: 'keyless' }), 202);
    const [newest] = answerOf<Message[]>(await messages(`topic=${own}&limit=1`));
    expect([newest?.key, newest?.value]).toEqual([null, 'keyless']);
  });

  it('is shown newest first, then by partition and offset, twenty where nothing is said', async () => {
    for (let n = 0; n < 25; n++) answerOf(await produce({ topic: own, value: n }), 202);
    const shown = answerOf<Message[]>(await messages(`topic=${own}`));
    expect(shown).toHaveLength(20);
    const sorted = [...shown].sort(
      (a, b) =>
        Date.parse(b.timestamp) - Date.parse(a.timestamp) ||
        a.partition - b.partition ||
        Number(BigInt(b.offset) - BigInt(a.offset)),
    );
    expect(shown).toEqual(sorted);
    expect(answerOf<Message[]>(await messages(`topic=${own}&limit=3`))).toHaveLength(3);
    expect(answerOf<Message[]>(await messages(`topic=${own}&limit=1000`)).length).toBeGreaterThanOrEqual(25);
  });

  withSources('is counted by partition, each message once, up to the last offset', async () => {
    await produce({ topic: own, value: 'the last' });
    const all = answerOf<Message[]>(await messages(`topic=${own}&limit=1000`));
    const expected: Consumed['topics'][string] = {};
    for (const { partition, offset } of all.toReversed()) {
      const { count = 0, lastOffset = '-1' } = expected[partition] ?? {};
      const last = BigInt(offset) > BigInt(lastOffset) ? offset : lastOffset;
      expected[partition] = { count: count + 1, lastOffset: last };
    }
    const counted = await until('all are counted', async () => {
      const { topics } = answerOf<Consumed>(await world.shop.at('/consumer/consumed', { headers }));
      const partitions = Object.values(topics[own] ?? {});
      return partitions.reduce((sum, { count }) => sum + count, 0) >= all.length && topics[own];
    });
    expect(counted).toEqual(expected);
  });

  withSources('of the Broker is knative-broker-kagari-default, whose events are to be read', async () => {
    const customer = await world.shop.signUp();
    await customer.place('tok_declined');
    const [newest] = answerOf<Message[]>(await messages('topic=knative-broker-kagari-default&limit=1'));
    expect(newest?.topic).toBe('knative-broker-kagari-default');
  });
});
