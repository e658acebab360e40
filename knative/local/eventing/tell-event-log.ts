import { type Keeper, namespace, putConfig } from '../secrets/kept.ts';
import type { Store } from '../store/types.ts';

const name = 'event-log';

/** The ConfigMap in which functions find Kafka. On a cluster it comes with Kafka's manifests; neither has it without Kafka. */
export const tellEventLog = async (
  store: Keeper & Pick<Store, 'remove'>,
  kafkaBrokers: readonly string[] | undefined,
): Promise<void> => {
  if (kafkaBrokers) await putConfig(store, name, { 'kafka-brokers': kafkaBrokers.join() });
  else if (store.get('ConfigMap', namespace, name)) await store.remove('ConfigMap', namespace, name);
};
