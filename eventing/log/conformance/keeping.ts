import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { LogRecord } from '../port.ts';
import { bytes, type Harness, textOf, texts } from './harness.ts';

const hour = 3_600_000;

export const describeKeeping = (harness: Harness): void => {
  const { eventually } = harness;

  describe('keeping', () => {
    test('a topic is made once, keeps its partitions, and is listed by name', async () => {
      const { log, topic } = await harness.topic(3);
      await log.append(topic, [{ value: bytes('kept') }]);
      await log.createTopic(topic, { partitions: 3 });
      expect((await log.offsets(topic)).reduce((sum, { end }) => sum + end, 0n)).toBe(1n);
      await expect(log.createTopic(topic, { partitions: 4 })).rejects.toMatchObject({ code: 'conflict' });
      const listed = await log.topics();
      expect(listed).toContainEqual({ name: topic, partitions: 3 });
      const names = listed.map(({ name }) => name);
      expect(names).toEqual(names.toSorted());
    });

    test('a deleted topic is gone with its records; one made anew is empty, for other clients too', async () => {
      const { log, topic } = await harness.topic(1);
      const other = await harness.client();
      await other.append(topic, [{ value: bytes('old') }]);
      await log.deleteTopic(topic);
      await eventually('the topic to go', async () =>
        (await log.topics()).every(({ name }) => name !== topic),
      );
      await eventually('appends to be refused', async () =>
        other.append(topic, [{ value: bytes('lost') }]).then(
          () => false,
          (error) => error.code === 'unknown-topic',
        ),
      );
      await log.createTopic(topic, { partitions: 2 });
      await eventually('appends to be taken', () =>
        other.append(topic, [{ key: 'k', value: bytes('new') }]).then(
          () => true,
          () => false,
        ),
      );
      const kept = (await Promise.all([0, 1].map((partition) => log.read(topic, partition, 0n, 10)))).flat();
      expect(new Set(kept.map(textOf))).toEqual(new Set(['new']));
    });

    test('a topic that another client deletes takes no other one with it', async () => {
      const { log, topic } = await harness.topic(1);
      const kept = (await harness.topic(2)).topic;
      const group = topic;
      const handled: string[] = [];
      const handle = async (record: LogRecord) => void handled.push(textOf(record));
      for (const of of [topic, kept]) {
        await log.append(of, [{ value: bytes('before') }]);
        await harness.subscribe(log, { topic: of, group, from: 'earliest', handle });
      }
      await eventually('both to be read', () => handled.length === 2);
      await (await harness.client()).deleteTopic(topic);
      await eventually('the topic to go', async () =>
        (await log.topics()).every(({ name }) => name !== topic),
      );
      const made = `${topic}-after`;
      await log.createTopic(made, { partitions: 1 });
      for (const of of [made, kept]) {
        await log.append(of, [{ value: bytes(of) }]);
        expect((await log.offsets(of)).length).toBeGreaterThan(0);
      }
      await log.ping();
      expect(await log.groups()).toContain(group);
      // Whoever comes to the group now has it shared anew.
      await harness.subscribe(log, { topic: made, group, from: 'earliest', handle });
      await eventually('the others to be read', () => [made, kept].every((of) => handled.includes(of)));
      await expect(log.append(topic, [{ value: bytes('lost') }])).rejects.toMatchObject({
        code: 'unknown-topic',
      });
    });

    test('retention drops what is older, nothing younger, and offsets go on', async () => {
      const { log, topic } = await harness.topic(1, hour);
      await log.append(
        topic,
        texts(5, 'old').map((text) => ({ value: bytes(text) })),
      );
      await sleep(20);
      const [first] = await log.append(topic, [{ value: bytes('young') }]);
      const [young] = await log.read(topic, 0, first?.offset ?? 0n, 1);
      expect(await log.applyRetention(new Date(Number(young?.timestamp) + hour))).toBe(5);
      expect(await log.offsets(topic)).toEqual([{ start: 5n, end: 6n }]);
      expect((await log.read(topic, 0, 0n, 10)).map(textOf)).toEqual(['young']);
      expect(await log.applyRetention(new Date(Number(young?.timestamp) + hour + 1))).toBe(1);
      expect(await log.offsets(topic)).toEqual([{ start: 6n, end: 6n }]);
      expect(await log.append(topic, [{ value: bytes('next') }])).toEqual([{ partition: 0, offset: 6n }]);
    });

    test('a topic without retention keeps its records', async () => {
      const { log, topic } = await harness.topic(1);
      await log.append(topic, [{ value: bytes('kept') }]);
      await log.applyRetention(new Date(Date.now() + 1_000 * hour));
      expect((await log.read(topic, 0, 0n, 10)).map(textOf)).toEqual(['kept']);
    });

    test('a group that retention has overtaken goes on at the first record kept', async () => {
      const { log, topic } = await harness.topic(1, hour);
      await log.startGroup(topic, topic, 'earliest');
      await log.append(
        topic,
        texts(5, 'old').map((text) => ({ value: bytes(text) })),
      );
      await sleep(20);
      const [position] = await log.append(topic, [{ value: bytes('young') }]);
      const [young] = await log.read(topic, 0, position?.offset ?? 0n, 1);
      await log.applyRetention(new Date(Number(young?.timestamp) + hour));
      const got: string[] = [];
      await harness.subscribe(log, {
        topic,
        group: topic,
        handle: async (record) => void got.push(textOf(record)),
      });
      await eventually('the end to be committed', async () => (await log.committed(topic, topic))[0] === 6n);
      expect(got).toEqual(['young']);
    });

    test('a group of which nothing is left is at the end', async () => {
      const { log, topic } = await harness.topic(1, hour);
      await log.startGroup(topic, topic, 'earliest');
      await log.append(topic, [{ value: bytes('old') }]);
      await log.applyRetention(new Date(Date.now() + 2 * hour));
      const got: string[] = [];
      await harness.subscribe(log, {
        topic,
        group: topic,
        handle: async (record) => void got.push(textOf(record)),
      });
      await log.append(topic, [{ value: bytes('new') }]);
      await eventually('the new record', () => got.length > 0);
      expect(got).toEqual(['new']);
    });

    test('answers a ping', async () => {
      await (await harness.client()).ping();
    });
  });
};
