import { type Broker, SpecError, type TriggerSpec } from '../../../eventing/broker/types.ts';
import { readyOf } from '../store/conditions.ts';
import { type Controller, createController, type Key, keyOf, splitKey } from '../store/controller.ts';
import { sameJson } from '../store/json.ts';
import type { KubeObject, Log, Store } from '../store/types.ts';
import { brokerKind, triggerKind } from './kinds.ts';
import type { ServedBrokers } from './served-brokers.ts';
import { dependencyOf, watchDependencies } from './trigger-dependency.ts';
import { planTrigger } from './trigger-plan.ts';
import { hasGroup, triggerStatus, waitingStatus } from './trigger-status.ts';
import { watchDestinations } from './watch-destinations.ts';
import { writeStatus } from './write-status.ts';

export interface TriggerControllerOptions {
  store: Store;
  broker: Broker;
  served: ServedBrokers;
  log: Log;
}

/** Brings consumers to what the Trigger objects say. One that runs keeps its last good settings until there are others. */
export const triggerController = ({ store, broker, served, log }: TriggerControllerOptions): Controller => {
  const running = new Map<Key, Running>();

  const reconcile = async (key: Key) => {
    const { namespace, name } = splitKey(key);
    const trigger = store.get(triggerKind, namespace, name);
    if (!trigger) return forget(key);
    const brokerKey = `${namespace}/${trigger.spec.broker}`;
    const itsBroker = store.get(brokerKind, namespace, trigger.spec.broker);
    if (!itsBroker) await forget(key);
    if (!itsBroker || !isReady(itsBroker) || served.uid(brokerKey) !== itsBroker.metadata.uid) {
      return writeStatus(store, trigger, waitingStatus(trigger, itsBroker));
    }
    const plan = planTrigger(store, trigger, itsBroker);
    const error = plan.spec && (await consume(key, trigger, itsBroker, plan.spec));
    const dependency = dependencyOf(store, trigger);
    await writeStatus(store, trigger, triggerStatus(trigger, plan, dependency, error?.message));
    // what the log could not do it may do later; a bad spec waits for a better one
    if (error && !(error instanceof SpecError)) throw error;
  };

  const consume = async (
    key: Key,
    trigger: KubeObject,
    itsBroker: KubeObject,
    spec: TriggerSpec,
  ): Promise<Error | undefined> => {
    const now: Running = { trigger: trigger.metadata.uid, broker: itsBroker.metadata.uid, spec };
    const before = running.get(key);
    try {
      const same = before?.trigger === now.trigger && before.broker === now.broker;
      // offsets of a Trigger of this name that is gone are not this one's
      if (!same && (before || !hasGroup(trigger))) await forget(key);
      if (!same) await broker.addTrigger(spec);
      else if (!sameJson(before.spec, spec)) await broker.updateTrigger(spec);
      running.set(key, now);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  };

  const forget = async (key: Key) => {
    const { namespace, name } = splitKey(key);
    await broker.removeTrigger(namespace, name);
    running.delete(key);
  };

  const triggersOf = ({
    metadata: { namespace, name },
  }: {
    metadata: { namespace?: string; name: string };
  }) =>
    store
      .list(triggerKind, namespace)
      .filter(({ spec }) => spec.broker === name)
      .map(keyOf);

  const controller = createController({
    name: 'trigger',
    store,
    watches: [
      { kind: triggerKind, keys: (trigger) => [keyOf(trigger)] },
      { kind: brokerKind, keys: triggersOf },
      ...watchDestinations(store, triggerKind, ({ spec }) => [
        spec.subscriber,
        spec.delivery?.deadLetterSink,
      ]),
      ...watchDependencies(store),
    ],
    reconcile,
    log,
  });
  served.onChange((brokerKey) => {
    for (const key of triggersOf({ metadata: splitKey(brokerKey) })) controller.enqueue(key);
  });
  return controller;
};

interface Running {
  /** Uids: an object made again under an old name is another one. */
  trigger: string;
  broker: string;
  spec: TriggerSpec;
}

const isReady = (broker: KubeObject): boolean =>
  broker.status?.observedGeneration === broker.metadata.generation &&
  readyOf({ status: broker.status })?.status === 'True';
