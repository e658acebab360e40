import { backoff, pause } from '../backoff.ts';
import type { LogError } from '../port.ts';
import { unknownTopic } from '../rules.ts';
import type { KafkaMessage } from './cluster.ts';
import { type Desk, passes } from './desk.ts';
import { asLogError, kindOf } from './errors.ts';

/** Messages of one append for one partition. */
export interface Portion {
  messages: KafkaMessage[];
  bytes: number;
  /** The offset of the first of them. */
  stored(offset: bigint): void;
  failed(error: LogError): void;
}

export interface PartitionWriter {
  /** Stores portions in the order given. */
  write(portion: Portion): void;
}

interface Deps {
  desk: Desk;
  topic: string;
  partition: number;
  /** How long a batch is tried. */
  timeoutMs: number;
  onUnknown(): void;
}

/** Below a broker's usual limit of a batch (message.max.bytes), which holds for topics that others made. */
const mostBatchBytes = 900_000;
/** How long no broker at all may answer. */
const awayMs = 2_000;
const maxSequence = 2 ** 31;

/** Errors after which the broker no longer knows the producer's place: it is asked for a new identity. */
const strangers = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
]);

/**
 * Appends to one partition: one batch at a time, each with a sequence of its own, tried again under the same one until
 * the broker names its place. An idempotent producer (KIP-98) whose batch was given up begins anew under another
 * identity: the broker may have stored that batch, and would take the next one with its sequence for the same.
 */
export const createPartitionWriter = ({
  desk,
  topic,
  partition,
  timeoutMs,
  onUnknown,
}: Deps): PartitionWriter => {
  const waiting: Portion[] = [];
  let identity: { producerId: number; producerEpoch: number; next: number } | undefined;
  let writing = false;

  const introduce = async () => {
    const broker = await desk.cluster.findControllerBroker();
    const { producerId, producerEpoch } = await broker.initProducerId({ transactionTimeout: 60_000 });
    return { producerId, producerEpoch, next: 0 };
  };

  const send = async (messages: KafkaMessage[]): Promise<bigint> => {
    const broker = await desk.leaderOf(topic, partition);
    identity ??= await introduce();
    const { producerId, producerEpoch, next } = identity;
    const { topics } = await broker.produce({
      topicData: [{ topic, partitions: [{ partition, firstSequence: next, messages }] }],
      producerId,
      producerEpoch,
      acks: -1,
      timeout: 10_000,
    });
    const place = topics
      .find(({ topicName }) => topicName === topic)
      ?.partitions.find((p) => p.partition === partition);
    if (place?.errorCode !== 0 || BigInt(place.baseOffset) < 0n)
      throw new Error('the broker named no place for what it was sent');
    identity.next = (next + messages.length) % maxSequence;
    return BigInt(place.baseOffset);
  };

  const store = async (messages: KafkaMessage[]): Promise<bigint> => {
    const began = performance.now();
    let answered = began;
    for (let attempt = 1; ; attempt++) {
      try {
        await desk.cluster.connect();
        return await send(messages);
      } catch (error) {
        const kind = kindOf(error);
        const now = performance.now();
        if (strangers.has(kind)) identity = undefined;
        else if (kind === 'UNKNOWN_TOPIC_OR_PARTITION') {
          if (now - began > 1_000 || (await isGone())) throw unknownTopic(topic);
        } else if (!passes(error)) throw asLogError(error, topic);
        if (now - began > timeoutMs || now - answered > awayMs) {
          identity = undefined;
          throw asLogError(error, topic);
        }
        await pause(backoff(attempt, { most: 500 }));
        if (await desk.refresh(error)) answered = performance.now();
      }
    }
  };

  const isGone = async (): Promise<boolean> => {
    const brokers = await Promise.all(
      desk.cluster.getNodeIds().map((nodeId) => desk.cluster.findBroker({ nodeId }).catch(() => undefined)),
    );
    const seen = await Promise.all(
      brokers.map((broker) =>
        broker?.metadata([topic]).then(
          ({ topicMetadata }) => topicMetadata.length > 0,
          (error) => kindOf(error) !== 'UNKNOWN_TOPIC_OR_PARTITION',
        ),
      ),
    );
    return !seen.includes(true);
  };

  const nextBatch = (): Portion[] => {
    const batch: Portion[] = [];
    for (let bytes = 0; waiting[0] && (batch.length === 0 || bytes + waiting[0].bytes <= mostBatchBytes); ) {
      const portion = waiting.shift() as Portion;
      bytes += portion.bytes;
      batch.push(portion);
    }
    return batch;
  };

  const storeBatch = async (batch: Portion[]): Promise<void> => {
    try {
      let offset = await store(batch.flatMap(({ messages }) => messages));
      for (const { messages, stored } of batch) {
        stored(offset);
        offset += BigInt(messages.length);
      }
    } catch (error) {
      const failure = error as LogError;
      // One of them is too large for this topic: the others are not to suffer for it.
      if (failure.code === 'too-large' && batch.length > 1) {
        for (const portion of batch) await storeBatch([portion]);
        return;
      }
      for (const { failed } of batch) failed(failure);
      if (failure.code === 'unknown-topic') onUnknown();
    }
  };

  const run = async (): Promise<void> => {
    writing = true;
    while (waiting.length > 0) await storeBatch(nextBatch());
    writing = false;
  };

  return {
    write(portion) {
      waiting.push(portion);
      if (!writing) void run();
    },
  };
};
