import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKafkaLog } from '../../../eventing/log/kafka.ts';
import type { EventLog, Position } from '../../../eventing/log/port.ts';
import type { Brokers } from '../support/kafka.ts';
import { killBrokers } from './kill-brokers.ts';
import type { Producer } from './producers.ts';

export interface LostAppends {
  /** Records whose append resolved. */
  acknowledged: number;
  /** Of those, the ones that are nowhere in the log. */
  lost: string[];
  /** Those that are not where their append said. */
  misplaced: string[];
  /** Appends that rejected, and records that stand more than once. */
  refused: number;
  doubled: number;
}

const partitions = 6;
const producers = 8;
const mostInBatch = 50;

/** Concurrent appends in batches while brokers are killed; then what the log has of what it acknowledged. */
export const countLostAppends = async (
  kafka: Brokers,
  producer: Producer,
  { kills, random = Math.random }: { kills: number; random?: () => number },
): Promise<LostAppends> => {
  const log = createKafkaLog({ brokers: kafka.brokers });
  const topic = `appends-${randomUUID()}`;
  await log.createTopic(topic, { partitions });
  const acknowledged = new Map<string, Position | undefined>();
  let refused = 0;
  let appending = true;
  const appended = Array.from({ length: producers }, async (_, p) => {
    for (let i = 0; appending; i++) {
      const texts = Array.from({ length: 1 + Math.floor(random() * mostInBatch) }, (_, r) => ({
        key: `key-${Math.floor(random() * 1_000)}`,
        text: `${p}-${i}-${r}`,
      }));
      try {
        const places = await producer.append(topic, texts);
        for (const [r, { text }] of texts.entries()) acknowledged.set(text, places?.[r]);
      } catch {
        refused++;
      }
      await sleep(10 + random() * 20);
    }
  });
  try {
    await killBrokers(kafka, { kills, acknowledged: () => acknowledged.size, random });
  } finally {
    appending = false;
    await Promise.all(appended);
  }
  const stored = await readTexts(log, topic);
  await log.deleteTopic(topic);
  await log.close();

  const result: LostAppends = {
    acknowledged: acknowledged.size,
    lost: [],
    misplaced: [],
    refused,
    doubled: [...stored.values()].filter(({ size }) => size > 1).length,
  };
  for (const [text, place] of acknowledged) {
    const places = stored.get(text);
    if (!places) result.lost.push(text);
    else if (place && !places.has(`${place.partition}:${place.offset}`)) result.misplaced.push(text);
  }
  return result;
};

/** Every text with its places, `partition:offset`. */
const readTexts = async (log: EventLog, topic: string): Promise<Map<string, Set<string>>> => {
  const texts = new Map<string, Set<string>>();
  for (const [partition, { end }] of (await log.offsets(topic)).entries())
    for (let from = 0n; from < end; ) {
      const records = await log.read(topic, partition, from, 1_000);
      const last = records.at(-1);
      if (!last) throw new Error(`nothing to read at ${partition}:${from}, before the end ${end}`);
      for (const { offset, value } of records) {
        const text = Buffer.from(value).toString();
        texts.set(text, (texts.get(text) ?? new Set()).add(`${partition}:${offset}`));
      }
      from = last.offset + 1n;
    }
  return texts;
};
