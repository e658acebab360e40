import createCluster from 'kafkajs/src/cluster/index.js';
import loggers from 'kafkajs/src/loggers/index.js';
import createSocketFactory from 'kafkajs/src/network/socketFactory.js';
import type { Logger } from '../logger.ts';
import { kindOf } from './errors.ts';
import './request-queue.ts';

// kafkajs' protocol and connections, without its producer, which loses acknowledged messages when a broker dies
// (a failed send gives its sequence numbers to other messages; a result that lacks a partition is taken for success),
// and without its consumer, whose batches may outlive the assignment that they were read under. Nor has its public face
// a read by offset. The package is pinned, and its insides have stood still since 2023.

/** Requests to one broker, which reject where the broker's answer has an error code. */
export interface Broker {
  readonly nodeId: number;
  metadata(topics: string[]): Promise<{ topicMetadata: TopicMetadata[] }>;
  produce(request: {
    topicData: { topic: string; partitions: ProducedPartition[] }[];
    producerId: number;
    producerEpoch: number;
    acks: -1;
    timeout: number;
  }): Promise<{
    topics: {
      topicName: string;
      partitions: { partition: number; errorCode: number; baseOffset: string }[];
    }[];
  }>;
  initProducerId(request: {
    transactionTimeout: number;
  }): Promise<{ producerId: number; producerEpoch: number }>;
  fetch(request: {
    topics: { topic: string; partitions: FetchPartition[] }[];
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    isolationLevel: 0;
  }): Promise<{ responses: { topicName: string; partitions: FetchedPartition[] }[] }>;
  listOffsets(request: {
    topics: { topic: string; partitions: { partition: number; timestamp: string }[] }[];
  }): Promise<{ responses: { topic: string; partitions: { partition: number; offset: string }[] }[] }>;
  joinGroup(request: {
    groupId: string;
    sessionTimeout: number;
    rebalanceTimeout: number;
    memberId: string;
    groupProtocols: { name: string; metadata: Buffer }[];
  }): Promise<Joined>;
  syncGroup(request: {
    groupId: string;
    generationId: number;
    memberId: string;
    groupAssignment: { memberId: string; memberAssignment: Buffer }[];
  }): Promise<{ memberAssignment: Buffer }>;
  heartbeat(request: GroupMember): Promise<unknown>;
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>;
  offsetCommit(request: GroupMember & { retentionTime?: string; topics: TopicOffsets[] }): Promise<unknown>;
  offsetFetch(request: {
    groupId: string;
    topics: { topic: string; partitions: { partition: number }[] }[];
  }): Promise<{ responses: TopicOffsets[] }>;
  listGroups(): Promise<{ groups: { groupId: string }[] }>;
  describeGroups(request: {
    groupIds: string[];
  }): Promise<{ groups: { members: { clientId: string; clientHost: string }[] }[] }>;
  /** Its errors are in the answer. */
  deleteGroups(groups: string[]): Promise<{ results: { groupId: string; error?: Error }[] }>;
  createTopics(request: {
    topics: {
      topic: string;
      numPartitions: number;
      replicationFactor: number;
      configEntries: { name: string; value: string }[];
    }[];
  }): Promise<unknown>;
  deleteTopics(request: { topics: string[] }): Promise<unknown>;
  describeConfigs(request: { resources: { type: number; name: string; configNames: string[] }[] }): Promise<{
    resources: { resourceName: string; configEntries: { configValue: string; configSource: number }[] }[];
  }>;
  deleteRecords(request: {
    topics: { topic: string; partitions: { partition: number; offset: string }[] }[];
  }): Promise<unknown>;
}

export interface GroupMember {
  groupId: string;
  memberId: string;
  groupGenerationId: number;
}

export interface Joined {
  generationId: number;
  leaderId: string;
  memberId: string;
  groupProtocol: string;
  members: { memberId: string; memberMetadata: Buffer }[];
}

export interface TopicOffsets {
  topic: string;
  partitions: { partition: number; offset: string }[];
}

export interface TopicMetadata {
  topic: string;
  isInternal?: boolean;
  partitionMetadata: { partitionId: number; leader: number; replicas: number[] }[];
}

export interface KafkaMessage {
  key: Buffer | null;
  value: Buffer;
  timestamp: string;
  headers: Record<string, Buffer | string | (Buffer | string)[]>;
}

export interface ProducedPartition {
  partition: number;
  firstSequence: number;
  messages: KafkaMessage[];
}

export interface FetchPartition {
  partition: number;
  fetchOffset: string;
  maxBytes: number;
}

export interface FetchedPartition {
  partition: number;
  errorCode: number;
  highWatermark: string;
  messages: FetchedMessage[];
}

export interface FetchedMessage extends Omit<KafkaMessage, 'value'> {
  value: Buffer | null;
  offset: string;
  isControlRecord?: boolean;
  /** Of the batch that it came in; absent in the oldest message formats. */
  batchContext?: { firstOffset: string; lastOffsetDelta: number };
}

/** kafkajs' view of the brokers: their connections and what they lead. */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  isConnected(): boolean;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findTopicPartitionMetadata(topic: string): TopicMetadata['partitionMetadata'];
  getNodeIds(): string[];
  findBroker(broker: { nodeId: number | string }): Promise<Broker>;
  findControllerBroker(): Promise<Broker>;
  findGroupCoordinator(group: { groupId: string }): Promise<Broker>;
  removeBroker(address: { host: string; port: number }): void;
  readonly targetTopics: Set<string>;
}

export interface ClusterOptions {
  /** `host:port`, some of them. */
  brokers: readonly string[];
  clientId: string;
  logger: Logger;
}

export const openCluster = ({ brokers, clientId, logger }: ClusterOptions): Cluster => {
  const cluster = new createCluster({
    brokers: [...brokers],
    clientId,
    logger: loggers.createLogger({ level: 4, logCreator: () => say(logger) }),
    socketFactory: createSocketFactory(),
    connectionTimeout: 3_000,
    authenticationTimeout: 3_000,
    requestTimeout: 10_000,
    enforceRequestTimeout: true,
    metadataMaxAge: 30_000,
    // Callers try again for as long as they have time for.
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 500 },
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
    isolationLevel: 0,
  });
  forgetGoneTopics(cluster);
  return cluster;
};

/** A topic that is gone fails kafkajs' question for all of them: only whoever needs it is to meet that. */
const forgetGoneTopics = (cluster: Cluster): void => {
  for (const name of ['refreshMetadata', 'refreshMetadataIfNecessary'] as const) {
    const refresh = cluster[name].bind(cluster);
    cluster[name] = () =>
      refresh().catch(async (error) => {
        if (kindOf(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
        const wanted = [...cluster.targetTopics];
        // Then it asks for all that there are.
        cluster.targetTopics.clear();
        await refresh();
        for (const topic of wanted)
          if (cluster.findTopicPartitionMetadata(topic).length > 0) cluster.targetTopics.add(topic);
      });
  }
};

/** Its errors are tried again or answered; as a warning they would page for each rebalance. */
const say =
  (logger: Logger) =>
  ({ log: { message, logger: _, timestamp: __, stack: ___, ...fields } }: { log: Record<string, unknown> }) =>
    logger.debug(fields, `kafkajs: ${message}`);
