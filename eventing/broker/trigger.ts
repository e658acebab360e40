import type { Consumer, EventLog } from '../log/port.ts';
import type { createDispatch, Version } from './dispatch.ts';
import type { CompileFilter } from './filter.ts';
import { checkUrl, type Policy, policyOf } from './policy.ts';
import type { TriggerPosition, TriggerSpec } from './types.ts';

/** A trigger that is served: a consumer of its broker's topic. */
export interface Trigger {
  readonly spec: TriggerSpec;
  /** Applies to the next event; throws SpecError before anything changes. */
  update(spec: TriggerSpec): Promise<void>;
  positions(): Promise<TriggerPosition[]>;
  close(options?: { graceMs?: number }): Promise<void>;
}

interface Deps {
  log: EventLog;
  topic: string;
  dispatch: ReturnType<typeof createDispatch>;
  compileFilter: CompileFilter;
  /** The broker's own policy, for triggers without one. */
  policyOfBroker(): Policy;
}

/** Events in hand a partition, as Kafka's unordered consumers have some fifty in all. */
const unorderedInFlight = 10;

export const groupOf = (namespace: string, name: string): string => `knative-trigger-${namespace}-${name}`;

/** Serves a trigger: resolves when every event stored from now on will meet its filter. Throws SpecError, LogError. */
export const startTrigger = async (spec: TriggerSpec, deps: Deps): Promise<Trigger> => {
  const { log, topic, dispatch } = deps;
  let current = spec;
  let version = versionOf(spec, deps);
  let consumer: Consumer | undefined;

  const consume = async (): Promise<void> => {
    const { namespace, name, ordered = false } = current;
    consumer = await log.subscribe({
      topic,
      group: groupOf(namespace, name),
      from: 'latest',
      maxInFlight: ordered ? 1 : unorderedInFlight,
      handle: (record, signal) => dispatch(version(), record, signal),
    });
  };

  await log.startGroup(topic, groupOf(spec.namespace, spec.name), 'latest');
  await consume();
  return {
    get spec() {
      return current;
    },
    async update(changed) {
      const next = versionOf(changed, deps);
      const sameOrder = (changed.ordered ?? false) === (current.ordered ?? false);
      version = next;
      current = changed;
      if (consumer && sameOrder) return;
      await consumer?.close();
      // Without it, what is asked for again is to subscribe.
      consumer = undefined;
      await consume();
    },
    async positions() {
      const committed = await log.committed(topic, groupOf(spec.namespace, spec.name));
      const offsets = await log.offsets(topic);
      return offsets.map(({ start, end }, partition) => ({ committed: committed[partition] ?? start, end }));
    },
    async close(options) {
      await consumer?.close(options);
    },
  };
};

/** The trigger as of now; its policy is asked for at each event, since the broker's own may change. */
const versionOf = (spec: TriggerSpec, { compileFilter, policyOfBroker }: Deps): (() => Version) => {
  const { namespace, name, broker, subscriber, delivery } = spec;
  checkUrl('subscriber', subscriber);
  const filter = compileFilter(spec);
  const own = delivery && policyOf(delivery);
  const trigger = { namespace, name, broker };
  return () => ({ trigger, filter, subscriber, policy: own ?? policyOfBroker() });
};
