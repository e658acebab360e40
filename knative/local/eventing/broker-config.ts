import type { KubeObject, Reader } from '../store/types.ts';
import { configMap } from './kinds.ts';

export interface BrokerConfig {
  partitions: number;
  /** What Knative's Kafka broker keeps of the ConfigMap in the Broker's status, so that it may be gone later. */
  annotations: Record<string, string>;
}

const partitionsKey = 'default.topic.partitions';
const kept = [partitionsKey, 'default.topic.replication.factor', 'bootstrap.servers'];

/** Namespace and name of the ConfigMap that a Broker names in spec.config. */
export const configOf = ({ spec, metadata }: KubeObject): { namespace: string; name: string } | undefined =>
  spec?.config?.name && {
    namespace: spec.config.namespace || metadata.namespace || '',
    name: spec.config.name,
  };

/** The settings of a Broker's topic, from its ConfigMap or, when that is gone, from its status; or why there are none. */
export const brokerConfig = (store: Reader, broker: KubeObject): BrokerConfig | { reason: string } => {
  const named = configOf(broker);
  const standing = named && store.get(configMap, named.namespace, named.name)?.data;
  const data: Record<string, string> = standing ?? broker.status?.annotations ?? {};
  if (named && !standing && data[partitionsKey] === undefined) {
    return {
      reason: `unable to rebuild topic config, failed to get configmap ${named.namespace}/${named.name}`,
    };
  }
  const partitions = data[partitionsKey] ?? '10';
  if (!/^[1-9]\d{0,5}$/.test(partitions)) {
    return {
      reason: `unable to build topic config from configmap: ${partitionsKey} is no positive number: "${partitions}"`,
    };
  }
  const annotations = kept.flatMap((key) => (data[key] === undefined ? [] : [[key, data[key]] as const]));
  return { partitions: Number(partitions), annotations: Object.fromEntries(annotations) };
};
