import { createCommitter } from './committer.ts';
import { type Logger, silent } from './logger.ts';
import type { Consumer, EventLog, Subscription } from './port.ts';
import { createAppender } from './postgres/appender.ts';
import { commit } from './postgres/claims.ts';
import { connect } from './postgres/client.ts';
import { createCoordinator } from './postgres/coordinator.ts';
import { fetchRecords } from './postgres/fetch.ts';
import { committed, deleteGroup, groups, startGroup } from './postgres/groups.ts';
import { createMember, type Member } from './postgres/member.ts';
import { applyRetention, removeTopicRecords } from './postgres/retention.ts';
import { createSession } from './postgres/session.ts';
import { createBatchStore } from './postgres/store-batch.ts';
import { createTail } from './postgres/tail.ts';
import { createTopics } from './postgres/topics.ts';
import { checkSizes, checkTopicName, defaultMaxRecordBytes } from './rules.ts';

export interface PostgresLogOptions {
  /** A session connection (no transaction pooler) as a role that may use schema `log`. */
  url: string;
  logger?: Logger;
  /** Key, headers and value of one record. */
  maxRecordBytes?: number;
  /** A process that hangs longer loses its partitions; one that dies loses them at once. */
  leaseMs?: number;
  /** How often readers look for what no notice told them of. */
  pollMs?: number;
  /** How long commits are gathered: what a crash within it delivers again. */
  commitMs?: number;
}

const defaultGraceMs = 5_000;
/** A read answers fewer records rather than more bytes than this, but always one. */
const mostReadBytes = 32 << 20;

/** The event log in Postgres, schema `log`: at most two connections, opened at first use and again when lost. */
export const createPostgresLog = ({
  url,
  logger = silent,
  maxRecordBytes = defaultMaxRecordBytes,
  leaseMs = 10_000,
  pollMs = 1_000,
  commitMs = 100,
}: PostgresLogOptions): EventLog => {
  // Appends have a connection of their own: nothing stands before them but the append under way.
  const writer = connect(url, { name: 'kagari log: append' });
  const desk = connect(url, {
    name: 'kagari log: read',
    onnotify: (_, payload) => coordinator.notified(payload),
    onclose: () => {
      session.disconnected();
      coordinator.wake();
    },
  });
  const session = createSession(desk, leaseMs);
  const topics = createTopics(desk);
  const tail = createTail();
  const coordinator = createCoordinator({ client: desk, session, topics, logger, pollMs });
  const committer = createCommitter({
    write: (commits) => commit(desk, commits),
    onLost: coordinator.wake,
    delayMs: commitMs,
  });
  const append = createAppender(
    createBatchStore({
      client: writer,
      topics,
      session: session.id,
      onStored(topic, partition, records) {
        const last = records.at(-1);
        if (!last || session.id() === undefined) return;
        tail.add(topic.id, partition, records);
        coordinator.stored(topic.id, partition, last.offset + 1n);
      },
    }),
  );
  const consumers = new Set<Consumer>();

  const consumerOf = (member: Member): Consumer => {
    let closed: Promise<void> | undefined;
    const consumer: Consumer = {
      close({ graceMs = defaultGraceMs } = {}) {
        closed ??= (async () => {
          await member.drain(graceMs);
          await coordinator.remove(member);
          consumers.delete(consumer);
        })();
        return closed;
      },
    };
    return consumer;
  };

  return {
    createTopic: topics.create,
    topics: topics.list,

    async deleteTopic(name) {
      const gone = await topics.remove(name);
      if (gone !== undefined) await removeTopicRecords(desk, gone);
    },

    async append(topic, records) {
      checkTopicName(topic);
      return append({ topic, records, bytes: checkSizes(records, maxRecordBytes) });
    },

    async subscribe(subscription: Subscription) {
      const { topic, maxInFlight = 1 } = subscription;
      checkTopicName(topic);
      if (!Number.isInteger(maxInFlight) || maxInFlight < 1)
        throw new RangeError(`maxInFlight is 1 or more, not ${maxInFlight}`);
      const member = createMember({
        client: desk,
        subscription,
        committer,
        tail,
        logger,
        onReleased: coordinator.wake,
      });
      await coordinator.add(member);
      const consumer = consumerOf(member);
      consumers.add(consumer);
      return consumer;
    },

    async startGroup(topic, group, at) {
      await startGroup(desk, (await topics.get(topic)).id, group, at);
    },
    deleteGroup: (group) => deleteGroup(desk, group),
    groups: () => groups(desk),
    committed: async (topic, group) => committed(desk, await topics.get(topic), group),

    async offsets(topic) {
      const { id } = await topics.get(topic);
      const rows = await desk<{ start: bigint; end: bigint }[]>`
          select start_offset as start, next_offset as end from log.partitions where topic = ${id} order by partition`;
      return rows.map(({ start, end }) => ({ start, end }));
    },

    async read(topic, partition, from, limit) {
      return fetchRecords(desk, await topics.get(topic), [{ partition, from, limit, bytes: mostReadBytes }]);
    },

    applyRetention: (now = new Date()) => applyRetention(desk, now),

    async ping() {
      await desk`select 1`;
    },

    async close() {
      await Promise.all([...consumers].map((consumer) => consumer.close()));
      await coordinator.stop();
      await session.end().catch(() => {});
      await Promise.all([writer.end(), desk.end()]);
    },
  };
};
