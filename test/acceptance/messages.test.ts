import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { DeadLetter } from './support/shop.ts';
import { until } from './support/until.ts';
import type { Reply } from './support/web.ts';
import { openWorld, type World } from './support/world.ts';

interface Message {
  partition: number;
  offset: string;
  key: string | null;
  value: unknown;
}
interface Consumed {
  topics: Record<string, Record<string, { count: number; lastOffset: string }>>;
}

const { kafkaSources } = inject('served');
/** Who consumes. */
const withSources = it.skipIf(!kafkaSources);
const topic = 'messages';
let world: World;
let headers: Record<string, string>;
beforeAll(async () => {
  world = await openWorld();
  headers = await world.operator();
});
afterAll(() => world?.close());

const answered = <T>(reply: Reply, status = 200): T => {
  expect({ status: reply.status, text: reply.text }).toMatchObject({ status });
  return reply.json<T>();
};
const produce = async (value: unknown, key?: string) =>
  answered<{ topic: string; partition: number; offset: string }>(
    await world.shop.at('/producer/produce', { headers, body: { topic, value, ...(key && { key }) } }),
    202,
  );
const newest = async (limit: number) =>
  answered<Message[]>(await world.shop.at(`/api/messages?topic=${topic}&limit=${limit}`, { headers }));
const partitions = async () =>
  answered<Consumed>(await world.shop.at('/consumer/consumed', { headers })).topics[topic] ?? {};
const counted = async () => Object.values(await partitions()).reduce((sum, { count }) => sum + count, 0);

describe('messages', () => {
  withSources('that are produced are shown newest first, and come to the consumer once each', async () => {
    const before = await counted();
    const marks = Array.from({ length: 20 }, (_, i) => `${world.fresh('m')}-${i}`);
    const places = [];
    for (const [i, mark] of marks.entries()) places.push(await produce({ mark }, `key-${i % 5}`));
    const shown = await newest(100);
    for (const [i, mark] of marks.entries())
      expect(shown).toContainEqual(
        expect.objectContaining({
          topic,
          partition: places[i]?.partition,
          offset: places[i]?.offset,
          key: `key-${i % 5}`,
          value: { mark },
        }),
      );
    await until('all have been counted', async () => (await counted()) >= before + marks.length);
    expect(await counted()).toBe(before + marks.length);
    for (const { partition, offset } of places)
      expect(BigInt((await partitions())[partition]?.lastOffset ?? -1)).toBeGreaterThanOrEqual(
        BigInt(offset),
      );
  });

  it('of one key stay in order', async () => {
    const key = world.fresh('key');
    for (let n = 0; n < 5; n++) await produce(n, key);
    const mine = (await newest(50)).filter((message) => message.key === key);
    expect(mine.map(({ value }) => value)).toEqual([4, 3, 2, 1, 0]);
  });

  it.each([
    [403, { topic: 'knative-broker-kagari-default', value: 1 }],
    [404, { topic: 'no-such-topic', value: 1 }],
    [422, { topic: 'no name', value: 1 }],
  ])('are refused with %i: %j', async (status, body) => {
    answered(await world.shop.at('/producer/produce', { headers, body }), status);
  });

  withSources(
    'that the consumer could not take lie on the desk, and count once when they are redriven',
    async () => {
      const { spec } = await world.kube.get('kafka', 'consumer');
      const letters = async (id: string) => {
        const reply = await world.shop.at('/deadletters/?type=dev.knative.kafka.event&limit=100', {
          headers,
        });
        return answered<{ items: (DeadLetter & { id: string })[] }>(reply).items.filter(
          ({ event }) => event.id === id && event.source.endsWith(`#${topic}`),
        );
      };
      const before = await counted();
      let id = '';
      // A path where nothing is taken: refused for good.
      await world.kube.patch('kafka', 'consumer', { spec: { sink: { ...spec.sink, uri: '/live' } } });
      try {
        await world.kube.ready('kafka', 'consumer');
        const { partition, offset } = await produce('astray');
        id = `partition:${partition}/offset:${offset}`;
        await until('it lies on the desk', async () => (await letters(id)).length > 0);
      } finally {
        await world.kube.patch('kafka', 'consumer', { spec: { sink: spec.sink } });
        await world.kube.ready('kafka', 'consumer');
      }
      const [letter] = await letters(id);
      const redriven = await world.shop.at(`/deadletters/${letter?.id}/redrive`, { method: 'POST', headers });
      expect(redriven.status).toBe(202);
      await until('it has been counted', async () => (await counted()) > before);
      await produce('behind it');
      await until('the next one, too', async () => (await counted()) > before + 1);
      expect(await counted()).toBe(before + 2);
    },
  );
});
