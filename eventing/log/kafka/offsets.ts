import type { Broker } from './cluster.ts';
import type { Desk } from './desk.ts';
import type { Topics } from './topics.ts';

/** ListOffsets: the first kept, and the next free one; else that of the first record at or after a time. */
export const atStart = -2;
export const atEnd = -1;

export interface Offsets {
  /** One a partition; for a time after the last record the next free one. */
  at(topic: string, timestamp: number): Promise<bigint[]>;
  /** Deletes what stands before these offsets, one a partition. */
  deleteBefore(topic: string, offsets: readonly bigint[]): Promise<void>;
}

export const createOffsets = (desk: Desk, topics: Pick<Topics, 'partitions'>): Offsets => {
  /** One request to each leader, of all its partitions. */
  const byLeader = async <T>(
    topic: string,
    partitions: number,
    request: (broker: Broker, partitions: number[]) => Promise<T>,
  ): Promise<T[]> => {
    const led = new Map<number, { broker: Broker; partitions: number[] }>();
    for (let partition = 0; partition < partitions; partition++) {
      const broker = await desk.leaderOf(topic, partition);
      const of = led.get(broker.nodeId) ?? { broker, partitions: [] };
      of.partitions.push(partition);
      led.set(broker.nodeId, of);
    }
    return Promise.all([...led.values()].map((of) => request(of.broker, of.partitions)));
  };

  const list = async (topic: string, partitions: number, timestamp: number): Promise<bigint[]> => {
    const answers = await byLeader(topic, partitions, (broker, mine) =>
      broker.listOffsets({
        topics: [
          { topic, partitions: mine.map((partition) => ({ partition, timestamp: String(timestamp) })) },
        ],
      }),
    );
    const found = new Map(
      answers
        .flatMap(({ responses }) => responses.flatMap((response) => response.partitions))
        .map(({ partition, offset }) => [partition, BigInt(offset)]),
    );
    return Array.from({ length: partitions }, (_, partition) => found.get(partition) ?? -1n);
  };

  return {
    async at(topic, timestamp) {
      const partitions = await topics.partitions(topic);
      const offsets = await desk.ask(() => list(topic, partitions, timestamp), topic);
      if (!offsets.includes(-1n)) return offsets;
      const ends = await desk.ask(() => list(topic, partitions, atEnd), topic);
      return offsets.map((offset, partition) => (offset === -1n ? (ends[partition] as bigint) : offset));
    },

    async deleteBefore(topic, offsets) {
      await desk.ask(
        () =>
          byLeader(topic, offsets.length, (broker, mine) =>
            broker.deleteRecords({
              topics: [
                {
                  topic,
                  partitions: mine.map((partition) => ({ partition, offset: String(offsets[partition]) })),
                },
              ],
            }),
          ),
        topic,
      );
    },
  };
};
