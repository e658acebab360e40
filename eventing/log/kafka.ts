import { createAppender } from './kafka/appender.ts';
import { openCluster } from './kafka/cluster.ts';
import { createDesk } from './kafka/desk.ts';
import { asLogError } from './kafka/errors.ts';
import { readRecords } from './kafka/fetch.ts';
import { createGroups } from './kafka/groups.ts';
import { createMember } from './kafka/member.ts';
import { atEnd, atStart, createOffsets } from './kafka/offsets.ts';
import { createTopics } from './kafka/topics.ts';
import { createTrouble } from './kafka/trouble.ts';
import { type Logger, silent } from './logger.ts';
import type { Consumer, EventLog } from './port.ts';
import { checkSizes, checkTopicName, defaultMaxRecordBytes } from './rules.ts';

export interface KafkaLogOptions {
  /** `host:port` of some brokers; the others are learnt from them. */
  brokers: readonly string[];
  clientId?: string;
  logger?: Logger;
  /** Key, headers and value of one record. */
  maxRecordBytes?: number;
  /** A member that is silent longer loses its partitions. */
  sessionMs?: number;
  heartbeatMs?: number;
  /** How long commits are gathered: what a crash within it delivers again. */
  commitMs?: number;
  /** How long an append is tried while brokers fail over. */
  appendMs?: number;
}

const defaultGraceMs = 5_000;
const mostWaitingBytes = 64 << 20;

/** The event log on Kafka (3.9, 4.x). Connections are opened at first use, and again when lost. */
export const createKafkaLog = ({
  brokers,
  clientId = 'kagari',
  logger = silent,
  maxRecordBytes = defaultMaxRecordBytes,
  sessionMs = 10_000,
  heartbeatMs = 1_000,
  commitMs = 25,
  appendMs = 15_000,
}: KafkaLogOptions): EventLog => {
  const options = { brokers, clientId, logger };
  const cluster = openCluster(options);
  const desk = createDesk(cluster);
  const topics = createTopics(desk, { maxRecordBytes, named: brokers.length });
  const offsets = createOffsets(desk, topics);
  const groups = createGroups(desk, topics, offsets);
  const append = createAppender({ desk, timeoutMs: appendMs, mostWaitingBytes });
  const trouble = createTrouble(logger, brokers);
  const consumers = new Set<Consumer>();

  return {
    createTopic: topics.create,
    deleteTopic: topics.remove,
    topics: topics.list,

    async append(topic, records) {
      checkTopicName(topic);
      checkSizes(records, maxRecordBytes);
      return records.length === 0 ? [] : append(topic, records);
    },

    async subscribe(subscription) {
      const { topic, group, from = 'latest', maxInFlight = 1 } = subscription;
      checkTopicName(topic);
      if (!Number.isInteger(maxInFlight) || maxInFlight < 1)
        throw new RangeError(`maxInFlight is 1 or more, not ${maxInFlight}`);
      // Where the group starts is settled before anyone joins: its first member may die before it has done anything.
      await groups.start(topic, group, from);
      const member = createMember({
        cluster: options,
        subscription,
        async starts(partitions) {
          const committed = await groups.committed(topic, group);
          const missing = partitions.some((partition) => (committed[partition] ?? null) === null);
          // Partitions added since: all of theirs is new.
          const first = missing ? await offsets.at(topic, atStart) : [];
          return new Map(
            partitions.map((partition) => [partition, committed[partition] ?? first[partition] ?? 0n]),
          );
        },
        sessionMs,
        heartbeatMs,
        commitMs,
        logger,
        trouble,
      });
      const consumer: Consumer = {
        async close({ graceMs = defaultGraceMs } = {}) {
          await member.close(graceMs);
          consumers.delete(consumer);
        },
      };
      consumers.add(consumer);
      return consumer;
    },

    startGroup: groups.start,
    deleteGroup: groups.remove,
    groups: groups.list,
    committed: groups.committed,

    async offsets(topic) {
      const [starts, ends] = await Promise.all([offsets.at(topic, atStart), offsets.at(topic, atEnd)]);
      return starts.map((start, partition) => ({ start, end: ends[partition] ?? start }));
    },

    async read(topic, partition, from, limit) {
      checkTopicName(topic);
      return readRecords(desk, offsets, { topic, partition, from, limit });
    },

    async applyRetention(now = new Date()) {
      let dropped = 0n;
      for (const [topic, retentionMs] of await topics.retentions()) {
        const starts = await offsets.at(topic, atStart);
        const kept = await offsets.at(topic, Math.max(0, now.getTime() - retentionMs));
        if (kept.every((offset, partition) => offset <= (starts[partition] ?? 0n))) continue;
        await offsets.deleteBefore(topic, kept);
        for (const [partition, offset] of kept.entries()) dropped += offset - (starts[partition] ?? offset);
      }
      return Number(dropped);
    },

    async ping() {
      try {
        await cluster.connect();
        await cluster.refreshMetadata();
      } catch (error) {
        throw asLogError(error);
      }
    },

    async close() {
      await Promise.all([...consumers].map((consumer) => consumer.close()));
      await cluster.disconnect();
    },
  };
};
