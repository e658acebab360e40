import type { SourceSpec } from '../../../eventing/source/types.ts';
import { partitionsAnnotation } from '../admission/eventing/kafka-source.ts';
import type { KubeObject, Reader } from '../store/types.ts';
import { type Resolved, resolveDestination, type Unresolved } from './destination.ts';
import { resolveDelivery } from './resolve-delivery.ts';
import { kafkaOf, type SourceKafka } from './source-kafka.ts';

/** A KafkaSource's references, resolved as far as they go; with a spec where all of them are. */
export interface SourcePlan {
  kafka: SourceKafka;
  sink: Resolved;
  deadLetterSink: { url: string | undefined; reason?: never } | Unresolved;
  spec?: SourceSpec;
}

/** As many as a Broker's topic has. */
const defaultPartitions = '10';

/** What the data plane is to do for a KafkaSource; `ownKafka` is where the platform's own log is on one. */
export const planSource = (
  store: Reader,
  source: KubeObject,
  ownKafka: readonly string[] | undefined,
): SourcePlan => {
  const { metadata, spec } = source;
  const { name, namespace = '', annotations } = metadata;
  const kafka = kafkaOf(source, ownKafka);
  const sink = resolveDestination(store, spec.sink, namespace);
  const delivery = resolveDelivery(store, spec.delivery, namespace);
  if (delivery.reason !== undefined) return { kafka, sink, deadLetterSink: delivery };
  const deadLetterSink = { url: delivery.delivery?.deadLetterSink };
  if (kafka.flaw || sink.url === undefined) return { kafka, sink, deadLetterSink };
  return {
    kafka,
    sink,
    deadLetterSink,
    spec: {
      namespace,
      name,
      ...(kafka.servers && { kafka: kafka.servers }),
      topics: spec.topics,
      partitions: Number(annotations?.[partitionsAnnotation] ?? defaultPartitions),
      group: spec.consumerGroup,
      initialOffset: spec.initialOffset,
      consumers: spec.consumers,
      ordered: spec.ordering === 'ordered',
      sink: sink.url,
      ...(delivery.delivery && { delivery: delivery.delivery }),
      extensions: spec.ceOverrides?.extensions ?? {},
    },
  };
};
