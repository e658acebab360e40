import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partitionOf } from '../partitioner.ts';
import { LogError, type NewRecord } from '../port.ts';
import { createAppender } from './appender.ts';
import type { Broker } from './cluster.ts';
import type { Desk } from './desk.ts';

/** What happens to a request on its way: all that a broker which dies, or moves its partitions, does to one. */
const mishaps = ['none', 'lost', 'stored and unanswered', 'stored and not named', 'not the leader'] as const;
type Mishap = (typeof mishaps)[number];
type Produce = Parameters<Broker['produce']>[0];

const kafkaError = (type: string) => Object.assign(new Error(type), { type });

/** A partition as brokers keep it: in sequence a producer, and what was stored is not stored again (KIP-98). */
const createPartition = (partition: number, fate: Mishap[]) => {
  const stored: string[] = [];
  const producers = new Map<number, { next: number; batches: { first: number; offset: number }[] }>();
  const place = (producerId: number, first: number, texts: string[]): number => {
    const known = producers.get(producerId) ?? { next: 0, batches: [] };
    producers.set(producerId, known);
    const before = known.batches.find((batch) => batch.first === first);
    if (before) return before.offset;
    if (first !== known.next) throw kafkaError('OUT_OF_ORDER_SEQUENCE_NUMBER');
    known.next += texts.length;
    known.batches = [...known.batches, { first, offset: stored.length }].slice(-5);
    stored.push(...texts);
    return known.batches.at(-1)?.offset ?? Number.NaN;
  };
  return {
    stored,
    async produce({ topicData, producerId }: Produce) {
      await new Promise(setImmediate);
      const mishap = fate.shift() ?? 'none';
      if (mishap === 'not the leader') throw kafkaError('NOT_LEADER_FOR_PARTITION');
      if (mishap === 'lost') throw new Error('the connection is lost');
      const asked = topicData[0]?.partitions[0];
      const texts = asked?.messages.map((message) => message.value.toString()) ?? [];
      const offset = place(producerId, asked?.firstSequence ?? 0, texts);
      if (mishap === 'stored and unanswered') throw new Error('the connection is lost');
      const named = { partition, errorCode: 0, baseOffset: String(offset) };
      return {
        topics: [{ topicName: 't', partitions: mishap === 'stored and not named' ? [] : [named] }],
      };
    },
  };
};

const partitions = 3;
const createWorld = (fates: Mishap[][], timeoutMs: number) => {
  const all = fates.map((fate, partition) => createPartition(partition, [...fate]));
  let producerId = 0;
  const controller = { initProducerId: async () => ({ producerId: ++producerId, producerEpoch: 0 }) };
  const desk = {
    cluster: {
      connect: async () => {},
      findControllerBroker: async () => controller,
      targetTopics: new Set(['t']),
    },
    ask: (work: () => Promise<unknown>) => work(),
    partitionsOf: async () => partitions,
    leaderOf: async (_: string, partition: number) => all[partition],
    refresh: async () => true,
  } as unknown as Desk;
  return { all, append: createAppender({ desk, timeoutMs, mostWaitingBytes: 1 << 26 }) };
};

interface GivenAppend {
  records: { key: string | null; kilobytes: number }[];
  /** Whether the next one is handed in only when this one is done. */
  waits: boolean;
}

const record = fc.record({
  key: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e')),
  kilobytes: fc.constantFrom(0, 0, 0, 300),
});
const appends: fc.Arbitrary<GivenAppend[]> = fc.array(
  fc.record({
    records: fc.array(record, { minLength: 1, maxLength: 6 }),
    waits: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);
const fates = fc.array(fc.array(fc.constantFrom(...mishaps), { maxLength: 4 }), {
  minLength: partitions,
  maxLength: partitions,
});

/** Hands all of them in, waiting for some; answers the texts of each with their places, or why it was refused. */
const appendAll = async (world: ReturnType<typeof createWorld>, list: GivenAppend[]) => {
  const outcomes = [];
  for (const [n, { records, waits }] of list.entries()) {
    const texts = records.map(({ key, kilobytes }, r) => `${key}:${n}.${r}:${'x'.repeat(kilobytes << 10)}`);
    const given: NewRecord[] = records.map(({ key }, r) => ({
      key,
      value: Buffer.from(texts[r] as string),
    }));
    const outcome = world.append('t', given).then(
      (places) => ({ texts, places, records, error: undefined }),
      (error: unknown) => ({ texts, places: [], records, error }),
    );
    outcomes.push(outcome);
    if (waits) await outcome;
  }
  return Promise.all(outcomes);
};

test('log 1, 2, 4: whatever becomes of requests, an answered record stands at its place, in the order of its key', async () => {
  await fc.assert(
    fc.asyncProperty(appends, fates, fc.constantFrom(0, 60_000), async (list, fate, timeoutMs) => {
      const world = createWorld(fate, timeoutMs);
      const outcomes = await appendAll(world, list);
      const ofKey = new Map<string, number[]>();
      for (const { texts, places, records, error } of outcomes) {
        if (error) expect(error).toMatchObject({ name: 'LogError', code: 'unavailable', retriable: true });
        for (const [r, { partition, offset }] of places.entries()) {
          const { key } = records[r] ?? {};
          expect(world.all[partition]?.stored[Number(offset)]).toBe(texts[r]);
          if (key === undefined || key === null) continue;
          expect(partition).toBe(partitionOf(key, partitions));
          ofKey.set(key, [...(ofKey.get(key) ?? []), Number(offset)]);
        }
      }
      for (const offsets of ofKey.values())
        expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
      const stored = world.all.flatMap((partition) => partition.stored);
      // Who gives nothing up makes no double either.
      if (timeoutMs > 0) expect(new Set(stored).size).toBe(stored.length);
      else expect(outcomes.every(({ error }) => error === undefined || error instanceof LogError)).toBe(true);
    }),
    { numRuns: 60 },
  );
}, 120_000);

test('log 7: what is too large for a topic is refused, and those that came with it are stored', async () => {
  const world = createWorld([[], [], []], 60_000);
  for (const partition of world.all) {
    const { produce } = partition;
    partition.produce = async (request) => {
      const sizes = request.topicData[0]?.partitions[0]?.messages.map(({ value }) => value.byteLength) ?? [];
      if (sizes.some((size) => size > 1_000)) throw kafkaError('MESSAGE_TOO_LARGE');
      return produce(request);
    };
  }
  const of = (size: number) => world.append('t', [{ key: 'a', value: Buffer.alloc(size, 'x') }]);
  // The first is on its way while the others gather.
  const outcomes = await Promise.allSettled([of(1), of(2), of(2_000), of(3)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(outcomes[2]).toMatchObject({ reason: { code: 'too-large', retriable: false } });
});
