import { SpecError } from '../../../eventing/broker/types.ts';
import { LogError } from '../../../eventing/log/port.ts';
import type { SourceSpec, Sources } from '../../../eventing/source/types.ts';
import { type Controller, createController, type Key, keyOf, splitKey } from '../store/controller.ts';
import { sameJson } from '../store/json.ts';
import type { KubeObject, Log, Store } from '../store/types.ts';
import { planSource } from './kafka-source-plan.ts';
import { sourceStatus } from './kafka-source-status.ts';
import { kafkaSource } from './kinds.ts';
import type { SourceKafka } from './source-kafka.ts';
import { watchDestinations } from './watch-destinations.ts';
import { writeStatus } from './write-status.ts';

export interface KafkaSourceControllerOptions {
  store: Store;
  sources: Sources;
  /** KAFKA_BROKERS, where the platform's own event log is on a Kafka. */
  ownKafka?: readonly string[] | undefined;
  log: Log;
}

/** Brings consumers to what the KafkaSource objects say. One that runs keeps its last good settings until there are others. */
export const kafkaSourceController = ({
  store,
  sources,
  ownKafka,
  log,
}: KafkaSourceControllerOptions): Controller => {
  const known = new Map<Key, Known>();

  const reconcile = async (key: Key) => {
    const { namespace, name } = splitKey(key);
    const source = store.get(kafkaSource, namespace, name);
    const before = known.get(key);
    if (before && before.uid !== source?.metadata.uid) await forget(key, before);
    if (!source) return;
    const now: Known = known.get(key) ?? { uid: source.metadata.uid, group: source.spec.consumerGroup };
    known.set(key, now);
    const plan = planSource(store, source, ownKafka);
    if (!plan.kafka.flaw) now.kafka = plan.kafka;
    const error = plan.kafka.flaw ?? (plan.spec && (await consume(now, plan.spec)));
    await writeStatus(store, source, sourceStatus(source, plan, error?.message));
    // what the log could not do it may do later; a bad spec waits for a better one
    if (error && !isFinal(error)) throw error;
  };

  const consume = async (now: Known, spec: SourceSpec): Promise<Error | undefined> => {
    if (now.spec && sameJson(now.spec, spec)) return undefined;
    try {
      await sources.set(spec);
      now.spec = spec;
      return undefined;
    } catch (error) {
      // It may be changed in part.
      delete now.spec;
      return error as Error;
    }
  };

  const forget = async (key: Key, { group, kafka }: Known) => {
    // Without one it has never read anything.
    if (kafka)
      await sources.remove({ ...splitKey(key), group, ...(kafka.servers && { kafka: kafka.servers }) });
    known.delete(key);
  };

  return createController({
    name: 'kafkasource',
    store,
    watches: [
      { kind: kafkaSource, keys: (source: KubeObject) => [keyOf(source)] },
      ...watchDestinations(store, kafkaSource, ({ spec }) => [spec.sink, spec.delivery?.deadLetterSink]),
    ],
    reconcile,
    log,
  });
};

interface Known {
  /** An object made again under an old name is another one. */
  uid: string;
  group: string;
  /** The one that it named last, of those that it may read. */
  kafka?: SourceKafka;
  /** What its consumers do. */
  spec?: SourceSpec;
}

const isFinal = (error: Error): boolean =>
  error instanceof SpecError || (error instanceof LogError && error.code === 'invalid-topic');
