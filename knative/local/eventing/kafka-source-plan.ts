import type { SourceSpec } from '../../../eventing/source/types.ts';
import { partitionsAnnotation } from '../admission/eventing/kafka-source.ts';
import type { KubeObject, Reader } from '../store/types.ts';
import { type Resolved, resolveDestination, type Unresolved } from './destination.ts';
import { resolveDelivery } from './resolve-delivery.ts';

/** A KafkaSource's references, resolved as far as they go; with a spec where all of them are. */
export interface SourcePlan {
  sink: Resolved;
  deadLetterSink: { url: string | undefined; reason?: never } | Unresolved;
  spec?: SourceSpec;
}

/** As many as a Broker's topic has. */
const defaultPartitions = '10';

/** What the data plane is to do for a KafkaSource. */
export const planSource = (store: Reader, { metadata, spec }: KubeObject): SourcePlan => {
  const { name, namespace = '', annotations } = metadata;
  const sink = resolveDestination(store, spec.sink, namespace);
  const delivery = resolveDelivery(store, spec.delivery, namespace);
  if (delivery.reason !== undefined) return { sink, deadLetterSink: delivery };
  const deadLetterSink = { url: delivery.delivery?.deadLetterSink };
  if (sink.url === undefined) return { sink, deadLetterSink };
  return {
    sink,
    deadLetterSink,
    spec: {
      namespace,
      name,
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
