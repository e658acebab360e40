import { backoff, pause } from '../backoff.ts';
import { LogError, type Topic, type TopicOptions } from '../port.ts';
import { checkTopicName, unknownTopic } from '../rules.ts';
import type { Broker, TopicMetadata } from './cluster.ts';
import type { Desk } from './desk.ts';
import { kindOf } from './errors.ts';

export interface Topics {
  create(name: string, options: TopicOptions): Promise<void>;
  remove(name: string): Promise<void>;
  list(): Promise<Topic[]>;
  /** How many partitions it has now. Throws LogError. */
  partitions(name: string): Promise<number>;
  /** Milliseconds, of the topics that were given a retention of their own. */
  retentions(): Promise<Map<string, number>>;
}

/** Over a record's own limit: what a batch of one adds to it. */
const batchOverhead = 65_536;
const topicResource = 2;
/** DescribeConfigs: the topic's own setting, no default. */
const ofTheTopic = 1;

const brokerResource = 4;
const mostReplicas = 3;

interface Settings {
  maxRecordBytes: number;
  /** How many brokers this client was told of. */
  named: number;
}

export const createTopics = (desk: Desk, { maxRecordBytes, named }: Settings): Topics => {
  /** Those that can be reached: one that is dead may be listed for a while. */
  const brokers = async (): Promise<Broker[]> => {
    const found = desk.cluster
      .getNodeIds()
      .map((nodeId) => desk.cluster.findBroker({ nodeId }).catch(() => undefined));
    return (await Promise.all(found)).filter((broker) => broker !== undefined);
  };
  const anyBroker = async (): Promise<Broker> => desk.cluster.findControllerBroker();

  /**
   * Three where there are as many brokers. One that is away counts: those named, and the broker's own default, say how many
   * there should be, and a topic keeps for good what it is made with.
   */
  const replicasOfNew = async (): Promise<number> => {
    await desk.cluster.refreshMetadata();
    const broker = await anyBroker();
    const { resources } = await broker.describeConfigs({
      resources: [
        { type: brokerResource, name: String(broker.nodeId), configNames: ['default.replication.factor'] },
      ],
    });
    const usual = Number(resources[0]?.configEntries[0]?.configValue ?? 1);
    return Math.max(usual, Math.min(mostReplicas, Math.max(named, desk.cluster.getNodeIds().length)));
  };

  /** As a broker sees it now; undefined where there is none. */
  const look = async (broker: Broker, name: string): Promise<TopicMetadata | undefined> =>
    broker.metadata([name]).then(
      ({ topicMetadata }) => topicMetadata[0],
      (error) => {
        if (kindOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
        throw error;
      },
    );

  const everywhere = async (
    what: string,
    holds: (seen: TopicMetadata | undefined) => boolean,
    name: string,
  ) => {
    for (let attempt = 1; attempt <= 40; attempt++) {
      const reached = await brokers();
      const seen = await Promise.all(reached.map((broker) => look(broker, name).catch(() => undefined)));
      if (seen.length > 0 && seen.every(holds)) return;
      await pause(backoff(attempt, { most: 250 }));
    }
    throw new LogError('unavailable', `topic "${name}" is not ${what} on all brokers yet`);
  };

  const partitionsNow = async (name: string): Promise<number> => {
    const [found] = (await (await anyBroker()).metadata([name])).topicMetadata;
    if (!found) throw unknownTopic(name);
    return found.partitionMetadata.length;
  };

  return {
    async create(name, { partitions, retentionMs }) {
      checkTopicName(name);
      if (!Number.isInteger(partitions) || partitions < 1)
        throw new RangeError(`a topic has 1 partition or more, not ${partitions}`);
      await desk.ask(async () => {
        const replicas = await replicasOfNew();
        const settings = {
          'retention.ms': retentionMs ?? -1,
          'max.message.bytes': maxRecordBytes + batchOverhead,
          // With two of three, a broker may die and nothing acknowledged is lost.
          ...(replicas >= mostReplicas && { 'min.insync.replicas': 2 }),
        };
        const configEntries = Object.entries(settings).map(([key, value]) => ({
          name: key,
          value: String(value),
        }));
        const topic = { topic: name, numPartitions: partitions, replicationFactor: replicas, configEntries };
        await (await anyBroker()).createTopics({ topics: [topic] }).catch((error) => {
          if (kindOf(error) !== 'TOPIC_ALREADY_EXISTS') throw error;
        });
      });
      await everywhere(
        'led',
        (seen) => seen?.partitionMetadata.every(({ leader }) => leader >= 0) ?? false,
        name,
      );
      const standing = await desk.ask(() => partitionsNow(name), name);
      if (standing !== partitions)
        throw new LogError('conflict', `topic "${name}" has ${standing} partitions, not ${partitions}`);
    },

    async remove(name) {
      checkTopicName(name);
      await desk.ask(async () =>
        (await anyBroker()).deleteTopics({ topics: [name] }).catch((error) => {
          if (kindOf(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
        }),
      );
      desk.cluster.targetTopics.delete(name);
      await everywhere('gone', (seen) => seen === undefined, name);
    },

    list: () =>
      desk.ask(async () => {
        const { topicMetadata } = await (await anyBroker()).metadata([]);
        return topicMetadata
          .filter(({ isInternal, topic }) => !isInternal && !topic.startsWith('__'))
          .map(({ topic, partitionMetadata }) => ({ name: topic, partitions: partitionMetadata.length }))
          .sort((a, b) => (a.name < b.name ? -1 : 1));
      }),

    async partitions(name) {
      checkTopicName(name);
      return desk.ask(() => partitionsNow(name), name);
    },

    retentions: () =>
      desk.ask(async () => {
        const broker = await anyBroker();
        const { topicMetadata } = await broker.metadata([]);
        const names = topicMetadata.filter(({ isInternal }) => !isInternal).map(({ topic }) => topic);
        if (names.length === 0) return new Map();
        const { resources } = await broker.describeConfigs({
          resources: names.map((name) => ({ type: topicResource, name, configNames: ['retention.ms'] })),
        });
        return new Map(
          resources.flatMap(({ resourceName, configEntries: [entry] }) =>
            entry?.configSource === ofTheTopic && Number(entry.configValue) > 0
              ? [[resourceName, Number(entry.configValue)]]
              : [],
          ),
        );
      }),
  };
};
