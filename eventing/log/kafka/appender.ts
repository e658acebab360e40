import { partitionOf } from '../partitioner.ts';
import { LogError, type NewRecord, type Position } from '../port.ts';
import { recordBytes } from '../rules.ts';
import type { Desk } from './desk.ts';
import { createPartitionWriter, type PartitionWriter } from './partition-writer.ts';
import { toMessage } from './records.ts';

export type Append = (topic: string, records: readonly NewRecord[]) => Promise<Position[]>;

interface Deps {
  desk: Desk;
  timeoutMs: number;
  /** Of all that waits; beyond it appends reject. */
  mostWaitingBytes: number;
}

interface KnownTopic {
  writers: PartitionWriter[];
  /** Where the next append puts its records without a key. */
  turn: number;
}

const mostPortionBytes = 900_000;
/** What a record adds to its own bytes in a batch, about. */
const recordOverhead = 32;

/** Appends by partition, so that an answer is about every record and no partition waits for another. */
export const createAppender = ({ desk, timeoutMs, mostWaitingBytes }: Deps): Append => {
  const known = new Map<string, Promise<KnownTopic>>();
  let waitingBytes = 0;

  const learn = async (topic: string): Promise<KnownTopic> => {
    const partitions = await desk.ask(() => desk.partitionsOf(topic), topic);
    const writers = Array.from({ length: partitions }, (_, partition) =>
      createPartitionWriter({ desk, topic, partition, timeoutMs, onUnknown: () => forget(topic) }),
    );
    return { writers, turn: Math.floor(Math.random() * partitions) };
  };
  const forget = (topic: string) => {
    known.delete(topic);
    desk.cluster.targetTopics.delete(topic);
  };
  const topicOf = (topic: string): Promise<KnownTopic> => {
    const there = known.get(topic);
    if (there) return there;
    const learned = learn(topic);
    known.set(topic, learned);
    learned.catch(() => forget(topic));
    return learned;
  };

  return async (topic, records) => {
    const bytes = records.reduce((sum, record) => sum + recordBytes(record) + recordOverhead, 0);
    if (waitingBytes > 0 && waitingBytes + bytes > mostWaitingBytes)
      throw new LogError('unavailable', 'too much waits to be appended: try again later');
    waitingBytes += bytes;
    try {
      // Awaited also where it is known: appends go on in the order in which they came.
      const of = await topicOf(topic);
      return await write(of, records);
    } finally {
      waitingBytes -= bytes;
    }
  };
};

const write = async (of: KnownTopic, records: readonly NewRecord[]): Promise<Position[]> => {
  const count = of.writers.length;
  const turn = of.turn++ % count;
  const portions = new Map<number, { places: number[]; records: NewRecord[]; bytes: number }[]>();
  for (const [place, record] of records.entries()) {
    const partition = record.key === null || record.key === undefined ? turn : partitionOf(record.key, count);
    const size = recordBytes(record) + recordOverhead;
    const mine = portions.get(partition) ?? [];
    portions.set(partition, mine);
    const open = mine.at(-1);
    if (open && open.bytes + size <= mostPortionBytes) {
      open.places.push(place);
      open.records.push(record);
      open.bytes += size;
    } else mine.push({ places: [place], records: [record], bytes: size });
  }

  const positions = new Array<Position>(records.length);
  const outcomes = [...portions].flatMap(([partition, mine]) =>
    mine.map(
      ({ places, records, bytes }) =>
        new Promise<void>((resolve, reject) => {
          (of.writers[partition] as PartitionWriter).write({
            messages: records.map(toMessage),
            bytes,
            stored(offset) {
              for (const [i, place] of places.entries())
                positions[place] = { partition, offset: offset + BigInt(i) };
              resolve();
            },
            failed: reject,
          });
        }),
    ),
  );
  // All of them first: a rejection is not to come while others are still being written.
  const results = await Promise.allSettled(outcomes);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return positions;
};
