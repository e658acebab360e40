import { checkUrl, policyOf } from '../broker/policy.ts';
import type { DeliverySpec } from '../broker/types.ts';
import { ensureTopic } from '../log/ensure-topic.ts';
import { type Consumer, type EventLog, LogError } from '../log/port.ts';
import type { createDispatch, Version } from './dispatch.ts';
import type { SourceSpec } from './types.ts';

/** A source that is served: members of its group in each of its topics. */
export interface Source {
  /** Applies to the next record. What LogError cut short goes on at the next call. */
  update(version: Version): Promise<void>;
  close(options?: { graceMs?: number }): Promise<void>;
}

interface Deps {
  log: EventLog;
  /** Whether topics that are missing are made: another's Kafka gets none. */
  makesTopics: boolean;
  dispatch: ReturnType<typeof createDispatch>;
}

/** Records in hand a partition where order does not count, as a Trigger has them. */
const unorderedInFlight = 10;

/** What Knative gives a KafkaSource without a delivery of its own. */
const defaultDelivery: DeliverySpec = {
  retry: 10,
  backoffPolicy: 'exponential',
  backoffDelay: 'PT0.3S',
  timeout: 'PT600S',
};

export const createSource = (first: Version, { log, makesTopics, dispatch }: Deps): Source => {
  let version = first;
  const members = new Map<string, Consumer[]>();
  /** The topics in which the group has a start. */
  const begun = new Set<string>();

  const leave = async (topic: string, options?: { graceMs?: number }): Promise<void> => {
    await Promise.all((members.get(topic) ?? []).map((consumer) => consumer.close(options)));
    members.delete(topic);
  };

  /** Offsets are set while the group has no members: a log may take none from outside of them. */
  const begin = async (topics: string[]): Promise<void> => {
    const { group, partitions, initialOffset } = version.spec;
    await Promise.all([...members.keys()].map((topic) => leave(topic)));
    for (const topic of topics) {
      if (makesTopics) await ensureTopic(log, topic, { partitions });
      await log.startGroup(topic, group, initialOffset);
      begun.add(topic);
    }
  };

  const join = async (topic: string): Promise<void> => {
    const { group, initialOffset, consumers, ordered } = version.spec;
    const joined = members.get(topic) ?? [];
    members.set(topic, joined);
    // More members than partitions would have nothing to do.
    const wanted = consumers === 0 ? 0 : Math.min(consumers, (await log.offsets(topic)).length);
    while (joined.length < wanted)
      joined.push(
        await log.subscribe({
          topic,
          group,
          from: initialOffset,
          maxInFlight: ordered ? 1 : unorderedInFlight,
          handle: (record, signal) => dispatch(version, record, signal),
        }),
      );
  };

  return {
    async update(next) {
      const { spec } = next;
      const { consumers, ordered } = version.spec;
      const sameMembers = consumers === spec.consumers && ordered === spec.ordered;
      version = next;
      const topics = [...new Set(spec.topics)];
      const gone = [...members.keys()].filter((topic) => !sameMembers || !topics.includes(topic));
      await Promise.all(gone.map((topic) => leave(topic)));
      const fresh = topics.filter((topic) => !begun.has(topic));
      if (fresh.length > 0) await begin(fresh);
      for (const topic of topics)
        await join(topic).catch((error) => {
          // Deleted by someone: it is made again at the next try.
          if (error instanceof LogError && error.code === 'unknown-topic') begun.delete(topic);
          throw error;
        });
    },
    async close(options) {
      await Promise.all([...members.keys()].map((topic) => leave(topic, options)));
    },
  };
};

/** Throws SpecError. */
export const versionOf = (spec: SourceSpec): Version => {
  checkUrl('sink', spec.sink);
  return { spec, policy: policyOf(spec.delivery ?? defaultDelivery) };
};
