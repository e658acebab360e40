import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { EventLog, LogRecord } from '../port.ts';
import { bytes, type Harness, textOf, texts } from './harness.ts';

export const describeGroups = (harness: Harness): void => {
  const { eventually, settleMs } = harness;
  const appendAll = (log: EventLog, topic: string, values: string[]) =>
    log.append(
      topic,
      values.map((value) => ({ key: value, value: bytes(value) })),
    );

  describe('reading in groups', () => {
    test('every group gets every record, by partition in order', async () => {
      const { log, topic } = await harness.topic(3);
      const got = { a: [] as LogRecord[], b: [] as LogRecord[] };
      for (const group of ['a', 'b'] as const)
        await harness.subscribe(log, {
          topic,
          group: `${topic}-${group}`,
          from: 'earliest',
          maxInFlight: 1,
          handle: async (record) => void got[group].push(record),
        });
      await appendAll(log, topic, texts(60));
      await eventually('all records in both groups', () => got.a.length >= 60 && got.b.length >= 60);
      for (const records of [got.a, got.b]) {
        expect(records.map(textOf).sort()).toEqual(texts(60).sort());
        for (const partition of [0, 1, 2]) {
          const offsets = records
            .filter((record) => record.partition === partition)
            .map(({ offset }) => offset);
          expect(offsets).toEqual(offsets.toSorted((x, y) => Number(x - y)));
        }
      }
    });

    test('one at a time means that each is done before the next begins', async () => {
      const { log, topic } = await harness.topic(1);
      const order: string[] = [];
      await harness.subscribe(log, {
        topic,
        group: topic,
        from: 'earliest',
        maxInFlight: 1,
        async handle(record) {
          order.push(`begin ${textOf(record)}`);
          await sleep(2);
          order.push(`end ${textOf(record)}`);
        },
      });
      await appendAll(log, topic, texts(20));
      await eventually('all records', () => order.length === 40);
      expect(order).toEqual(texts(20).flatMap((text) => [`begin ${text}`, `end ${text}`]));
    });

    test('a group starts where startGroup said, and what stands is not moved', async () => {
      const { log, topic } = await harness.topic(2);
      await appendAll(log, topic, texts(10, 'before'));
      await log.startGroup(topic, `${topic}-new`, 'latest');
      await log.startGroup(topic, `${topic}-old`, 'earliest');
      await log.startGroup(topic, `${topic}-new`, 'earliest');
      await appendAll(log, topic, texts(10, 'after'));
      const got = { new: [] as string[], old: [] as string[] };
      for (const group of ['new', 'old'] as const)
        await harness.subscribe(log, {
          topic,
          group: `${topic}-${group}`,
          from: group === 'new' ? 'earliest' : 'latest',
          handle: async (record) => void got[group].push(textOf(record)),
        });
      await eventually('what each group starts with', () => got.new.length >= 10 && got.old.length >= 20);
      await sleep(settleMs);
      expect(got.new.sort()).toEqual(texts(10, 'after').sort());
      expect(got.old.sort()).toEqual([...texts(10, 'after'), ...texts(10, 'before')].sort());
    });

    test('without startGroup a group starts at the end, or at the beginning where its member says so', async () => {
      const { log, topic } = await harness.topic(1);
      await appendAll(log, topic, ['before']);
      const latest: string[] = [];
      const earliest: string[] = [];
      await harness.subscribe(log, {
        topic,
        group: `${topic}-latest`,
        handle: async (record) => void latest.push(textOf(record)),
      });
      await harness.subscribe(log, {
        topic,
        group: `${topic}-earliest`,
        from: 'earliest',
        handle: async (record) => void earliest.push(textOf(record)),
      });
      await appendAll(log, topic, ['after']);
      await eventually('both groups', () => latest.length >= 1 && earliest.length >= 2);
      expect([latest, earliest]).toEqual([['after'], ['before', 'after']]);
    });

    test('commits up to the first record not done, and no further', async () => {
      const { log, topic } = await harness.topic(1);
      const held = Promise.withResolvers<void>();
      const done: string[] = [];
      await harness.subscribe(log, {
        topic,
        group: topic,
        from: 'earliest',
        maxInFlight: 20,
        async handle(record) {
          if (textOf(record) === 'm3') await held.promise;
          done.push(textOf(record));
        },
      });
      await appendAll(log, topic, texts(10));
      await eventually(
        'the offset of the one held',
        async () => (await log.committed(topic, topic))[0] === 3n,
      );
      await eventually('all others', () => done.length === 9);
      await sleep(settleMs);
      expect(await log.committed(topic, topic)).toEqual([3n]);
      held.resolve();
      await eventually('the end', async () => (await log.committed(topic, topic))[0] === 10n);
    });

    test('a record whose handler rejects comes again, and the others go on', async () => {
      const { log, topic } = await harness.topic(1);
      const calls: string[] = [];
      await harness.subscribe(log, {
        topic,
        group: topic,
        from: 'earliest',
        async handle(record) {
          calls.push(textOf(record));
          if (textOf(record) === 'm0' && calls.filter((text) => text === 'm0').length < 3)
            throw new Error('not now');
        },
      });
      await appendAll(log, topic, texts(5));
      await eventually('the end', async () => (await log.committed(topic, topic))[0] === 5n);
      expect(calls.filter((text) => text === 'm0')).toHaveLength(3);
      expect(calls.indexOf('m4')).toBeLessThan(calls.lastIndexOf('m0'));
    });

    test('a handler that holds stops the reading at maxInFlight', async () => {
      const { log, topic } = await harness.topic(2);
      const held = Promise.withResolvers<void>();
      let inHand = 0;
      let most = 0;
      let done = 0;
      await harness.subscribe(log, {
        topic,
        group: topic,
        from: 'earliest',
        maxInFlight: 7,
        async handle() {
          most = Math.max(most, ++inHand);
          await held.promise;
          inHand--;
          done++;
        },
      });
      for (let i = 0; i < 10; i++) await appendAll(log, topic, texts(500, `${i}-`));
      await eventually('as many as may be in hand', () => inHand === 14);
      await sleep(settleMs);
      expect(inHand).toBe(14);
      held.resolve();
      await eventually('all', () => done >= 5_000);
      expect(most).toBe(14);
    });

    test('one record that holds lets at most 1,000 beyond it be done', async () => {
      const { log, topic } = await harness.topic(1);
      const held = Promise.withResolvers<void>();
      const done = new Set<string>();
      await harness.subscribe(log, {
        topic,
        group: topic,
        from: 'earliest',
        maxInFlight: 50,
        async handle(record) {
          if (record.offset === 0n) await held.promise;
          done.add(textOf(record));
        },
      });
      await appendAll(log, topic, texts(3_000));
      await eventually('some to be done', () => done.size >= 100);
      await sleep(settleMs);
      expect(done.size).toBeLessThanOrEqual(1_000);
      held.resolve();
      await eventually('all', () => done.size === 3_000);
    });

    test('a deleted group starts anew and can be replayed; one with members is not deleted', async () => {
      const { log, topic } = await harness.topic(2);
      await appendAll(log, topic, texts(20));
      const got: string[] = [];
      const subscribe = () =>
        harness.subscribe(log, {
          topic,
          group: topic,
          from: 'earliest',
          handle: async (record) => void got.push(textOf(record)),
        });
      const first = await subscribe();
      await eventually('all records', () => got.length >= 20);
      await expect(log.deleteGroup(topic)).rejects.toMatchObject({ code: 'conflict' });
      await first.close();
      expect(await log.groups()).toContain(topic);
      await log.deleteGroup(topic);
      expect(await log.groups()).not.toContain(topic);
      expect(await log.committed(topic, topic)).toEqual([null, null]);
      await log.startGroup(topic, topic, 'earliest');
      await subscribe();
      await eventually('all records once more', () => got.length >= 40);
      expect(got.sort()).toEqual([...texts(20), ...texts(20)].sort());
      await log.deleteGroup(`none-${randomUUID()}`);
    });
  });
};
