import { backoff, pause } from '../backoff.ts';
import type { Logger } from '../logger.ts';
import type { Part } from '../part.ts';
import type { LogRecord } from '../port.ts';
import type { FetchedPartition } from './cluster.ts';
import type { Desk } from './desk.ts';
import { kindOf } from './errors.ts';
import { atStart } from './offsets.ts';
import { offsetAfter, recordsFrom } from './records.ts';

/** A partition in this member's hands, and what has been read of it ahead of its handlers. */
export interface Holding {
  part: Part;
  buffer: LogRecord[];
  bytes: number;
  /** The next offset to fetch. */
  next: bigint;
}

export interface Fetcher {
  /** Reads on for all holdings, of every broker by itself, until aborted. */
  run(signal: AbortSignal): Promise<void>;
  /** There may be room again. */
  wake(): void;
  /** The first offset that a partition still has. */
  firstKept(partition: number): Promise<bigint>;
}

interface Deps {
  desk: Desk;
  topic: string;
  holdings: ReadonlyMap<number, Holding>;
  maxInFlight: number;
  logger: Logger;
  onOutOfRange(holding: Holding): void;
}

/** Done beyond the first record not done, a partition: what a crash delivers again. */
const mostSpan = 1_000;
/** Read ahead, a partition and in all: one batch more may come, since brokers answer whole ones. */
const mostBuffered = 500;
const mostBufferedBytes = 8 << 20;
const partitionBytes = 256 << 10;
const fetchBytes = 2 << 20;
/** How long a broker waits where there is nothing; also how long a partition waits that has room again meanwhile. */
const longPollMs = 100;

/** Starts what is buffered as far as there is room. */
export const pump = (holding: Holding, maxInFlight: number): void => {
  const { part, buffer } = holding;
  if (part.leaving) return;
  while (buffer[0] && part.inFlight.size < maxInFlight && part.inFlight.span < mostSpan) {
    const record = buffer.shift() as LogRecord;
    holding.bytes -= record.value.byteLength;
    part.start(record);
  }
  if (buffer.length === 0) part.skipTo(holding.next);
};

export const createFetcher = ({
  desk,
  topic,
  holdings,
  maxInFlight,
  logger,
  onOutOfRange,
}: Deps): Fetcher => {
  const { cluster } = desk;
  const sleepers = new Set<() => void>();

  const rest = async (signal: AbortSignal): Promise<void> => {
    const woken = new AbortController();
    const wake = () => woken.abort();
    sleepers.add(wake);
    await pause(longPollMs, AbortSignal.any([woken.signal, signal]));
    sleepers.delete(wake);
  };

  const leads = (nodeId: string): Set<number> =>
    new Set(
      cluster
        .findTopicPartitionMetadata(topic)
        .flatMap(({ partitionId, leader }) => (String(leader) === nodeId ? [partitionId] : [])),
    );

  const wanted = (nodeId: string): Holding[] => {
    let bytes = 0;
    for (const holding of holdings.values()) bytes += holding.bytes + holding.part.heldBytes;
    if (bytes > mostBufferedBytes) return [];
    const led = leads(nodeId);
    return [...holdings.values()].filter(
      ({ part, buffer }) => led.has(part.partition) && !part.leaving && buffer.length < mostBuffered,
    );
  };

  const receive = (holding: Holding, fetched: FetchedPartition): void => {
    // Lost since, or begun anew elsewhere.
    if (holdings.get(fetched.partition) !== holding || holding.part.leaving) return;
    for (const record of recordsFrom(topic, fetched, holding.next)) {
      holding.buffer.push(record);
      holding.bytes += record.value.byteLength;
    }
    holding.next = offsetAfter(fetched, holding.next);
    pump(holding, maxInFlight);
  };

  const fetchOnce = async (nodeId: string, wants: Holding[]): Promise<void> => {
    const broker = await cluster.findBroker({ nodeId });
    const partitions = wants.map(({ part, next }) => ({
      partition: part.partition,
      fetchOffset: String(next),
      maxBytes: partitionBytes,
    }));
    const { responses } = await broker.fetch({
      topics: [{ topic, partitions }],
      maxWaitTime: longPollMs,
      minBytes: 1,
      maxBytes: fetchBytes,
      isolationLevel: 0,
    });
    const asked = new Map(wants.map((holding) => [holding.part.partition, holding]));
    for (const { partitions } of responses)
      for (const fetched of partitions) {
        const holding = asked.get(fetched.partition);
        if (holding) receive(holding, fetched);
      }
  };

  const readFrom = async (nodeId: string, signal: AbortSignal): Promise<void> => {
    for (let failures = 0; !signal.aborted; ) {
      try {
        await desk.partitionsOf(topic);
        const wants = wanted(nodeId);
        if (wants.length === 0) await rest(signal);
        else await fetchOnce(nodeId, wants);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        const outside =
          kindOf(error) === 'OFFSET_OUT_OF_RANGE' ? (error as { partition?: number }).partition : undefined;
        const holding = outside === undefined ? undefined : holdings.get(outside);
        if (holding) onOutOfRange(holding);
        else logger.debug({ err: error, topic, broker: nodeId }, 'a fetch failed and is tried again');
        await pause(backoff(++failures, { most: 500 }), signal);
        if (!holding) await desk.refresh(error);
      }
    }
  };

  return {
    async run(signal) {
      const reading = new Map<string, Promise<void>>();
      while (!signal.aborted) {
        for (const nodeId of cluster.getNodeIds())
          if (!reading.has(nodeId)) reading.set(nodeId, readFrom(nodeId, signal));
        // Brokers may join.
        await pause(1_000, signal);
      }
      await Promise.all(reading.values());
    },

    wake() {
      for (const wake of sleepers) wake();
    },

    async firstKept(partition) {
      const broker = await desk.leaderOf(topic, partition);
      const { responses } = await broker.listOffsets({
        topics: [{ topic, partitions: [{ partition, timestamp: String(atStart) }] }],
      });
      const offset = responses[0]?.partitions[0]?.offset;
      if (offset === undefined) throw new Error(`no start of partition ${partition} of "${topic}"`);
      return BigInt(offset);
    },
  };
};
