import type { Kind } from '../store/types.ts';
import { configMap, coreService, event, namespace, secret } from './core/core.ts';
import { broker } from './eventing/broker.ts';
import { kafkaSource } from './eventing/kafka-source.ts';
import { pingSource } from './eventing/ping-source.ts';
import { sinkBinding } from './eventing/sink-binding.ts';
import { trigger } from './eventing/trigger.ts';
import type { AnyKindAdmission } from './kind-admission.ts';
import { configuration } from './serving/configuration.ts';
import { domainMapping } from './serving/domain-mapping.ts';
import { revision } from './serving/revision.ts';
import { route } from './serving/route.ts';
import { service } from './serving/service.ts';

/** Schema, defaults and rules of every kind that the store keeps: the one source of validation and of the API's OpenAPI. */
export const admissionOf = new Map<Kind, AnyKindAdmission>([
  ['Namespace', namespace],
  ['ConfigMap', configMap],
  ['Secret', secret],
  ['Service', coreService],
  ['Event', event],
  ['Service.serving.knative.dev', service],
  ['Configuration.serving.knative.dev', configuration],
  ['Revision.serving.knative.dev', revision],
  ['Route.serving.knative.dev', route],
  ['DomainMapping.serving.knative.dev', domainMapping],
  ['Broker.eventing.knative.dev', broker],
  ['Trigger.eventing.knative.dev', trigger],
  ['PingSource.sources.knative.dev', pingSource],
  ['SinkBinding.sources.knative.dev', sinkBinding],
  ['KafkaSource.sources.knative.dev', kafkaSource],
]);
