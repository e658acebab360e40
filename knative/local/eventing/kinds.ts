import type { Kind } from '../store/types.ts';

/** The kinds that eventing's controllers read and write, as the store names them. */
export const configMap: Kind = 'ConfigMap';
export const servingService: Kind = 'Service.serving.knative.dev';
export const brokerKind: Kind = 'Broker.eventing.knative.dev';
export const triggerKind: Kind = 'Trigger.eventing.knative.dev';
export const pingSource: Kind = 'PingSource.sources.knative.dev';
export const sinkBinding: Kind = 'SinkBinding.sources.knative.dev';
export const kafkaSource: Kind = 'KafkaSource.sources.knative.dev';
