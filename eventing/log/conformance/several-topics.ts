import { describe, expect, test } from 'vitest';
import type { LogRecord } from '../port.ts';
import { bytes, type Harness, textOf, texts } from './harness.ts';

export const describeSeveralTopics = ({ topic: makeTopic, subscribe, eventually }: Harness): void => {
  describe('a group in several topics', () => {
    test('shares the partitions of each topic between the members that read it, whoever comes and goes', async () => {
      const first = await makeTopic(3);
      const { log } = first;
      const topics = [first.topic, (await makeTopic(5)).topic];
      const group = first.topic;
      for (const topic of topics) await log.startGroup(topic, group, 'earliest');
      const got: LogRecord[] = [];
      const join = (topic: string) =>
        subscribe(log, { topic, group, from: 'earliest', handle: async (record) => void got.push(record) });
      const appended: string[] = [];
      const appendAll = async (name: string) => {
        for (const topic of topics) {
          const values = texts(40, `${name}-${topic}-`);
          appended.push(...values);
          await log.append(
            topic,
            values.map((value) => ({ key: value, value: bytes(value) })),
          );
        }
      };
      const allCame = () =>
        eventually('all records of all topics', () => {
          const seen = new Set(got.map(textOf));
          return appended.every((value) => seen.has(value));
        });

      const [one] = await Promise.all(topics.map(join));
      await appendAll('both');
      await allCame();
      // A second member of one topic, and then none of the other.
      await join(topics[1] as string);
      await appendAll('more');
      await allCame();
      await one?.close();
      await appendAll('waiting');
      await join(topics[0] as string);
      await allCame();
      expect(new Set(got.map(({ topic }) => topic))).toEqual(new Set(topics));
      for (const topic of topics)
        await eventually('all to be committed', async () => {
          const [ends, committed] = await Promise.all([log.offsets(topic), log.committed(topic, group)]);
          return ends.every(({ end }, partition) => committed[partition] === end);
        });
    });
  });
};
