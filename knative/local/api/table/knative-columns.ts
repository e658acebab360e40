import type { Condition } from '../../store/conditions.ts';
import type { Kind, KubeObject } from '../../store/types.ts';
import { age, type Column, integer, text } from './column.ts';

const readyOf = (object: KubeObject): Condition | undefined =>
  object.status?.conditions?.find((condition: Condition) => condition.type === 'Ready');

const ready = [
  text('Ready', (object) => readyOf(object)?.status),
  text('Reason', (object) => readyOf(object)?.reason),
];
const url = text('URL', (object) => object.status?.url);
const sink = text('Sink', (object) => object.status?.sinkUri);
const latest = [
  text('LatestCreated', (object) => object.status?.latestCreatedRevisionName),
  text('LatestReady', (object) => object.status?.latestReadyRevisionName),
];
const label = (name: string) => (object: KubeObject) => object.metadata.labels?.[name];

/** The additionalPrinterColumns of Knative's CustomResourceDefinitions. */
export const knativeColumns: Record<Kind, Column[]> = {
  'Service.serving.knative.dev': [url, ...latest, ...ready],
  'Configuration.serving.knative.dev': [...latest, ...ready],
  'Revision.serving.knative.dev': [
    text('Config Name', label('serving.knative.dev/configuration')),
    text('Generation', label('serving.knative.dev/configurationGeneration')),
    ...ready,
    integer('Actual Replicas', (object) => object.status?.actualReplicas),
    integer('Desired Replicas', (object) => object.status?.desiredReplicas),
  ],
  'Route.serving.knative.dev': [url, ...ready],
  'DomainMapping.serving.knative.dev': [url, ...ready],
  'Broker.eventing.knative.dev': [
    text('URL', (object) => object.status?.address?.url),
    age('date'),
    ...ready,
    text('Class', (object) => object.metadata.annotations?.['eventing.knative.dev/broker.class'], {
      priority: 1,
    }),
  ],
  'Trigger.eventing.knative.dev': [
    text('Broker', (object) => object.spec?.broker),
    text('Subscriber_URI', (object) => object.status?.subscriberUri),
    age('date'),
    ...ready,
  ],
  'PingSource.sources.knative.dev': [
    sink,
    text('Schedule', (object) => object.spec?.schedule),
    age('date'),
    ...ready,
  ],
  'SinkBinding.sources.knative.dev': [sink, age('date'), ...ready],
  'KafkaSource.sources.knative.dev': [
    text('Topics', (object) => object.spec?.topics),
    text('BootstrapServers', (object) => object.spec?.bootstrapServers),
    ...ready,
    age('date'),
  ],
};
