import { topicOf } from '../../../eventing/broker/broker.ts';
import { type Broker, type BrokerSpec, SpecError } from '../../../eventing/broker/types.ts';
import { type Controller, createController, type Key, keyOf, splitKey } from '../store/controller.ts';
import { sameJson } from '../store/json.ts';
import type { KubeObject, Log, Store } from '../store/types.ts';
import { brokerUrl } from './broker-address.ts';
import { type BrokerOutcome, brokerConditions } from './broker-conditions.ts';
import { brokerConfig, configOf } from './broker-config.ts';
import { brokerKind, configMap } from './kinds.ts';
import { resolveDelivery } from './resolve-delivery.ts';
import type { ServedBrokers } from './served-brokers.ts';
import { watchDestinations } from './watch-destinations.ts';
import { writeStatus } from './write-status.ts';

export interface BrokerControllerOptions {
  store: Store;
  broker: Broker;
  served: ServedBrokers;
  log: Log;
}

/** Brings topics and ingresses to what the Broker objects say. One that is served keeps its last good settings. */
export const brokerController = ({ store, broker, served, log }: BrokerControllerOptions): Controller => {
  const specs = new Map<Key, BrokerSpec>();

  const reconcile = async (key: Key) => {
    const { namespace, name } = splitKey(key);
    const object = store.get(brokerKind, namespace, name);
    if (served.uid(key) !== object?.metadata.uid) await unserve(key);
    if (!object) return;
    const { outcome, annotations, error } = await serve(key, object);
    await writeStatus(store, object, statusOf(object, outcome, annotations));
    // what the log could not do it may do later; a bad spec waits for a better one
    if (error && !(error instanceof SpecError)) throw error;
  };

  const unserve = async (key: Key) => {
    const { namespace, name } = splitKey(key);
    if (served.uid(key) === undefined) return;
    await broker.removeBroker(namespace, name);
    specs.delete(key);
    served.set(key, undefined);
  };

  const serve = async (key: Key, object: KubeObject): Promise<Served> => {
    const { namespace, name } = splitKey(key);
    const config = brokerConfig(store, object);
    if ('reason' in config) return { outcome: { failed: 'config', why: config.reason } };
    const { annotations, partitions } = config;
    const resolved = resolveDelivery(store, object.spec?.delivery, namespace);
    if (resolved.reason !== undefined) {
      return { outcome: { failed: 'deadLetterSink', unresolved: resolved }, annotations };
    }
    const topic = object.status?.annotations?.[topicKey] ?? topicOf(namespace, name);
    const { delivery } = resolved;
    const spec: BrokerSpec = { namespace, name, topic, partitions, ...(delivery && { delivery }) };
    try {
      const standing = specs.get(key);
      if (!standing) await broker.addBroker(spec);
      else if (!sameJson(standing, spec)) await broker.updateBroker(spec);
    } catch (error) {
      const why = (error as Error).message;
      const failed = error instanceof SpecError ? ('config' as const) : ('topic' as const);
      return { outcome: { failed, topic, why }, annotations, error };
    }
    specs.set(key, spec);
    served.set(key, object.metadata.uid);
    return { outcome: { topic, deadLetterSink: delivery?.deadLetterSink }, annotations };
  };

  const usersOf = (config: KubeObject) =>
    store
      .list(brokerKind)
      .filter((object) => {
        const named = configOf(object);
        return named?.name === config.metadata.name && named.namespace === config.metadata.namespace;
      })
      .map(keyOf);

  return createController({
    name: 'broker',
    store,
    watches: [
      { kind: brokerKind, keys: (object) => [keyOf(object)] },
      { kind: configMap, keys: usersOf },
      ...watchDestinations(store, brokerKind, ({ spec }) => [spec?.delivery?.deadLetterSink]),
    ],
    reconcile,
    log,
  });
};

interface Served {
  outcome: BrokerOutcome;
  annotations?: Record<string, string>;
  error?: unknown;
}

const topicKey = 'default.topic';

const statusOf = (object: KubeObject, outcome: BrokerOutcome, annotations: Record<string, string> = {}) => {
  const conditions = brokerConditions(object, outcome);
  const { address, addresses, deadLetterSinkUri } = object.status ?? {};
  const kept = { ...object.status?.annotations, ...annotations };
  if (outcome.failed) return { conditions, annotations: kept, address, addresses, deadLetterSinkUri };
  const reached = { name: 'http', url: brokerUrl(object) };
  return {
    conditions,
    annotations: { ...kept, [topicKey]: outcome.topic },
    address: reached,
    addresses: [reached],
    deadLetterSinkUri: outcome.deadLetterSink,
  };
};
