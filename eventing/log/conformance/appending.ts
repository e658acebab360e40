import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { partitionOf } from '../partitioner.ts';
import type { EventLog, LogRecord, NewRecord } from '../port.ts';
import { bytes, type Harness, textOf, texts } from './harness.ts';

const anyText = fc.string({ unit: 'binary' });
const anyRecord: fc.Arbitrary<NewRecord> = fc.record(
  {
    key: fc.option(anyText),
    value: fc.uint8Array({ maxLength: 2_000 }),
    headers: fc.dictionary(
      anyText.filter((name) => name !== '__proto__'),
      anyText,
      { noNullPrototype: true },
    ),
  },
  { requiredKeys: ['value'] },
);

export const describeAppending = (harness: Harness): void => {
  describe('appending', () => {
    test('what an append answered is found there, as it went in', async () => {
      const { log, topic } = await harness.topic(3);
      await fc.assert(
        fc.asyncProperty(fc.array(anyRecord, { minLength: 1, maxLength: 5 }), async (records) => {
          const positions = await log.append(topic, records);
          expect(positions).toHaveLength(records.length);
          for (const [i, { partition, offset }] of positions.entries()) {
            const { key = null, value, headers = {} } = records[i] as NewRecord;
            const [found] = await log.read(topic, partition, offset, 1);
            expect(found).toMatchObject({ topic, partition, offset, key, headers });
            expect(Buffer.compare(found?.value as Uint8Array, value)).toBe(0);
            expect(Math.abs(Date.now() - Number(found?.timestamp))).toBeLessThan(60_000);
          }
        }),
        { numRuns: 30 },
      );
    });

    test('a key goes to the partition that Kafka chooses', async () => {
      const { log, topic } = await harness.topic(7);
      const keys = [...texts(30, 'order-'), randomUUID(), '', 'ключ', '鍵'];
      const positions = await log.append(
        topic,
        keys.map((key) => ({ key, value: bytes(key) })),
      );
      expect(positions.map(({ partition }) => partition)).toEqual(keys.map((key) => partitionOf(key, 7)));
    });

    test('records without a key go to all partitions', async () => {
      const { log, topic } = await harness.topic(4);
      await Promise.all(texts(200).map((text) => log.append(topic, [{ value: bytes(text) }])));
      for (const { end } of await log.offsets(topic)) expect(end).toBeGreaterThan(0n);
    });

    test('records of one key keep the order in which a process handed them in, without waiting', async () => {
      const { log, topic } = await harness.topic(3);
      const key = 'one';
      const order = texts(300);
      await Promise.all(order.map((text) => log.append(topic, [{ key, value: bytes(text) }])));
      const records = await readAll(log, topic);
      expect(records.map(textOf)).toEqual(order);
    });

    test('many producers at once leave no gap and lose nothing', async () => {
      const { log, topic } = await harness.topic(3);
      const other = await harness.client();
      const appended = await Promise.all(
        [log, other].flatMap((client, p) =>
          texts(100, `p${p}-`).map(async (text, i) => {
            const records = texts(1 + (i % 3), text).map((value) => ({ key: value, value: bytes(value) }));
            const positions = await client.append(topic, records);
            return positions.map((position, r) => ({ ...position, text: textOf(records[r] as LogRecord) }));
          }),
        ),
      );
      const stored = await readAll(log, topic);
      for (const [partition, { start, end }] of (await log.offsets(topic)).entries()) {
        const offsets = stored.filter((record) => record.partition === partition).map(({ offset }) => offset);
        expect(start).toBe(0n);
        expect(offsets).toEqual(Array.from({ length: Number(end) }, (_, i) => BigInt(i)));
      }
      const places = new Map(
        stored.map((record) => [`${record.partition}:${record.offset}`, textOf(record)]),
      );
      const named = appended.flat();
      expect(new Set(named.map(({ partition, offset }) => `${partition}:${offset}`)).size).toBe(places.size);
      for (const { partition, offset, text } of named)
        expect(places.get(`${partition}:${offset}`)).toBe(text);
    });

    test('reads from the middle, up to a limit, and answers nothing beyond the end', async () => {
      const { log, topic } = await harness.topic(1);
      await log.append(
        topic,
        texts(10).map((text) => ({ value: bytes(text) })),
      );
      expect((await log.read(topic, 0, 4n, 3)).map(textOf)).toEqual(['m4', 'm5', 'm6']);
      expect(await log.read(topic, 0, 10n, 3)).toEqual([]);
    });

    test('refuses an unknown topic', async () => {
      const log = await harness.client();
      const refusal = { name: 'LogError', code: 'unknown-topic', retriable: false };
      await expect(log.append(`t-${randomUUID()}`, [{ value: bytes('x') }])).rejects.toMatchObject(refusal);
      await expect(log.offsets(`t-${randomUUID()}`)).rejects.toMatchObject(refusal);
      await expect(
        log.subscribe({ topic: `t-${randomUUID()}`, group: 'g', handle: async () => {} }),
      ).rejects.toMatchObject(refusal);
    });

    test.each(['', '.', '..', 'a b', 'ü', 'a/b', 'x'.repeat(250)])(
      'refuses "%s" as a topic name',
      async (name) => {
        const log = await harness.client();
        const refusal = { name: 'LogError', code: 'invalid-topic', retriable: false };
        await expect(log.createTopic(name, { partitions: 1 })).rejects.toMatchObject(refusal);
        await expect(log.append(name, [{ value: bytes('x') }])).rejects.toMatchObject(refusal);
      },
    );

    test('takes a record of 1 MiB, and refuses a larger one with all that came with it', async () => {
      const { log, topic } = await harness.topic(1);
      const large = { value: Buffer.alloc(1_048_576, 'x') };
      const tooLarge = { value: Buffer.alloc(1_048_577, 'x') };
      await log.append(topic, [large]);
      await expect(log.append(topic, [{ value: bytes('small') }, tooLarge])).rejects.toMatchObject({
        name: 'LogError',
        code: 'too-large',
        retriable: false,
      });
      expect(await log.offsets(topic)).toEqual([{ start: 0n, end: 1n }]);
      expect((await log.read(topic, 0, 0n, 1))[0]?.value.byteLength).toBe(1_048_576);
    });
  });
};

const readAll = async (log: EventLog, topic: string): Promise<LogRecord[]> => {
  const all: LogRecord[] = [];
  for (const [partition, { end }] of (await log.offsets(topic)).entries())
    for (let from = 0n; from < end; from = (all.at(-1)?.offset as bigint) + 1n)
      all.push(...(await log.read(topic, partition, from, 1_000)));
  return all;
};
