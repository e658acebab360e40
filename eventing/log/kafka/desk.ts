import { backoff, pause } from '../backoff.ts';
import { LogError } from '../port.ts';
import type { Broker, Cluster } from './cluster.ts';
import { asLogError, goneTopic, kindOf, lostBroker } from './errors.ts';

/** A connection to the cluster for requests that are tried again while that helps. */
export interface Desk {
  /** Does `work`; tries again what a moved leader, a lost connection or a busy coordinator failed. Throws LogError. */
  ask<T>(work: () => Promise<T>, topic?: string): Promise<T>;
  /** The broker that leads the partition. */
  leaderOf(topic: string, partition: number): Promise<Broker>;
  /** How many partitions a topic has, as far as is known here; its first call asks. */
  partitionsOf(topic: string): Promise<number>;
  /** What is known of topics and leaders may no longer be so. Answers whether any broker did. */
  refresh(error: unknown): Promise<boolean>;
  readonly cluster: Cluster;
}

/** How long a request of the desk is tried again: while brokers answer, as at a failover, and while none does. */
const patienceMs = 10_000;
const awayMs = 3_000;

/** Of Kafka's errors those that pass by themselves; others are an answer. */
const passing = new Set([
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'NOT_CONTROLLER',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'REQUEST_TIMED_OUT',
  'NETWORK_EXCEPTION',
  'KAFKA_STORAGE_ERROR',
  'CORRUPT_MESSAGE',
  // Of a new topic, while brokers are away.
  'INVALID_REPLICATION_FACTOR',
]);

/** Whether trying again may help: Kafka's passing errors, and everything that is the connection's or the client's own. */
export const passes = (error: unknown): boolean => {
  const kind = kindOf(error);
  return passing.has(kind) || !/^[A-Z_]+$/.test(kind);
};

export const createDesk = (cluster: Cluster): Desk => {
  const desk: Desk = {
    cluster,

    async ask(work, topic) {
      const began = performance.now();
      let answered = began;
      for (let attempt = 1; ; attempt++) {
        try {
          await cluster.connect();
          return await work();
        } catch (error) {
          const now = performance.now();
          const late = now - began > patienceMs || now - answered > awayMs;
          if (error instanceof LogError || !passes(error) || late) throw asLogError(error, topic);
          await pause(backoff(attempt, { most: 500 }));
          if (await desk.refresh(error)) answered = performance.now();
        }
      }
    },

    async leaderOf(topic, partition) {
      await desk.partitionsOf(topic);
      const known = cluster
        .findTopicPartitionMetadata(topic)
        .find(({ partitionId }) => partitionId === partition);
      if (!known) throw new Error(`partition ${partition} of "${topic}" is not known`);
      return cluster.findBroker({ nodeId: known.leader });
    },

    async partitionsOf(topic) {
      if (!cluster.targetTopics.has(topic)) await cluster.addTargetTopic(topic);
      await cluster.refreshMetadataIfNecessary();
      if (!cluster.targetTopics.has(topic)) throw goneTopic(topic);
      return cluster.findTopicPartitionMetadata(topic).length;
    },

    async refresh(error) {
      const lost = lostBroker(error);
      if (lost) cluster.removeBroker(lost);
      try {
        await cluster.connect();
        await cluster.refreshMetadata();
        return true;
      } catch (failure) {
        // An answer all the same; whoever goes on meets it again.
        return /^[A-Z_]+$/.test(kindOf(failure));
      }
    },
  };
  return desk;
};
