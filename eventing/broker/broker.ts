import { ensureTopic } from '../log/ensure-topic.ts';
import { type Logger, silent } from '../log/logger.ts';
import type { EventLog } from '../log/port.ts';
import { defaultMaxRecordBytes } from '../log/rules.ts';
import { createAttempts } from './attempts.ts';
import { createDeliver, type Deliver } from './deliver.ts';
import { createDispatch } from './dispatch.ts';
import { type CompileFilter, compileFilter as dialects } from './filter.ts';
import { createIngress } from './ingress.ts';
import { type Policy, policyOf } from './policy.ts';
import { groupOf, startTrigger, type Trigger } from './trigger.ts';
import { type Broker, type Delivery, SpecError, type TriggerSpec } from './types.ts';

export interface BrokerOptions {
  log: EventLog;
  deliver?: Deliver;
  /** How a trigger says which events it wants; what it makes may take its time, and may fail. */
  compileFilter?: CompileFilter;
  /** Called after each attempt to deliver, at once; what it throws is logged. */
  onDelivery?: (delivery: Delivery) => void;
  logger?: Logger;
  /** The greatest body taken in; the log's own limit holds beside it. */
  maxEventBytes?: number;
}

interface Served {
  topic: string;
  policy: Policy;
}

const defaultPartitions = 10;

export const topicOf = (namespace: string, name: string): string => `knative-broker-${namespace}-${name}`;

/** The data plane of Brokers and Triggers over an event log. */
export const createBroker = ({
  log,
  deliver = createDeliver(),
  compileFilter = dialects,
  onDelivery = () => {},
  logger = silent,
  maxEventBytes = defaultMaxRecordBytes,
}: BrokerOptions): Broker => {
  const brokers = new Map<string, Served>();
  const triggers = new Map<string, Trigger>();

  const dispatch = createDispatch({
    log,
    logger,
    attempts: createAttempts(deliver),
    onDelivery: (delivery) => {
      try {
        onDelivery(delivery);
      } catch (err) {
        logger.error({ err }, 'the hook for deliveries failed');
      }
    },
  });
  const accept = createIngress({
    log,
    logger,
    maxEventBytes,
    topicOf: (namespace, name) => brokers.get(`${namespace}/${name}`)?.topic,
  });

  const start = (spec: TriggerSpec): Promise<Trigger> => {
    const broker = `${spec.namespace}/${spec.broker}`;
    const served = brokers.get(broker);
    if (!served)
      throw new SpecError('broker', `there is no broker ${spec.broker} in namespace ${spec.namespace}`);
    const policyOfBroker = () => (brokers.get(broker) ?? served).policy;
    return startTrigger(spec, { log, topic: served.topic, dispatch, compileFilter, policyOfBroker });
  };

  return {
    accept,

    async addBroker(spec) {
      const policy = policyOf(spec.delivery);
      const topic = spec.topic ?? topicOf(spec.namespace, spec.name);
      const { partitions = defaultPartitions, retentionMs } = spec;
      await ensureTopic(log, topic, { partitions, retentionMs });
      brokers.set(`${spec.namespace}/${spec.name}`, { topic, policy });
    },

    async updateBroker({ namespace, name, delivery }) {
      const policy = policyOf(delivery);
      const served = brokers.get(`${namespace}/${name}`);
      if (!served) throw new SpecError('name', `there is no broker ${name} in namespace ${namespace}`);
      served.policy = policy;
    },

    async removeBroker(namespace, name, { keepTopic = false } = {}) {
      const served = brokers.get(`${namespace}/${name}`);
      brokers.delete(`${namespace}/${name}`);
      const its = [...triggers].filter(
        ([, { spec }]) => spec.namespace === namespace && spec.broker === name,
      );
      for (const [key] of its) triggers.delete(key);
      await Promise.all(its.map(([, trigger]) => trigger.close()));
      const shared = [...brokers.values()].some(({ topic }) => topic === served?.topic);
      if (served && !keepTopic && !shared) await log.deleteTopic(served.topic);
    },

    async addTrigger(spec) {
      const key = `${spec.namespace}/${spec.name}`;
      const standing = triggers.get(key);
      if (standing?.spec.broker === spec.broker) return standing.update(spec);
      const trigger = await start(spec);
      triggers.set(key, trigger);
      await standing?.close();
    },

    async updateTrigger(spec) {
      const trigger = triggers.get(`${spec.namespace}/${spec.name}`);
      if (!trigger)
        throw new SpecError('name', `there is no trigger ${spec.name} in namespace ${spec.namespace}`);
      await trigger.update(spec);
    },

    async removeTrigger(namespace, name) {
      const key = `${namespace}/${name}`;
      const trigger = triggers.get(key);
      triggers.delete(key);
      await trigger?.close({ graceMs: 0 });
      await log.deleteGroup(groupOf(namespace, name));
    },

    async positions(namespace, name) {
      const trigger = triggers.get(`${namespace}/${name}`);
      if (!trigger) throw new SpecError('name', `there is no trigger ${name} in namespace ${namespace}`);
      return trigger.positions();
    },

    async close(options) {
      await Promise.all([...triggers.values()].map((trigger) => trigger.close(options)));
      triggers.clear();
      brokers.clear();
      deliver.close();
    },
  };
};
