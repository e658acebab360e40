import { type Condition, conditionSet } from '../store/conditions.ts';
import type { KubeObject } from '../store/types.ts';
import type { SourcePlan } from './kafka-source-plan.ts';
import { markUnresolved } from './mark-unresolved.ts';
import { oidcDisabled } from './oidc.ts';

const conditionsOf = conditionSet(['ConsumerGroup', 'SinkProvided'], ['OIDCIdentityCreated']);

/** The status of a KafkaSource; `failure` is why its consumers do not do as the plan says. */
export const sourceStatus = (
  { metadata, spec, status }: KubeObject,
  { kafka, sink, deadLetterSink }: SourcePlan,
  failure: string | undefined,
) => {
  const conditions = conditionsOf(status?.conditions as Condition[] | undefined);
  conditions.markTrue('OIDCIdentityCreated', oidcDisabled);
  const contract = 'ReconcileContract';
  if (sink.reason !== undefined) {
    const message = `failed to resolve subscriber: ${sink.reason}`;
    markUnresolved(conditions, 'ConsumerGroup', contract, sink, message);
    conditions.markUnknown('SinkProvided', 'SinkEmpty', 'Sink has resolved to empty.');
  } else conditions.markTrue('SinkProvided');
  if (deadLetterSink.reason !== undefined) {
    const message = `failed to resolve dead letter sink: ${deadLetterSink.reason}`;
    markUnresolved(conditions, 'ConsumerGroup', contract, deadLetterSink, message);
  } else if (failure !== undefined) {
    const where = kafka.servers ? ` at ${kafka.servers.join()}` : '';
    const message = `failed to initialize consumer group offset${where}: ${failure}`;
    conditions.markFalse('ConsumerGroup', 'InitializeOffset', message);
  } else if (sink.url !== undefined) conditions.markTrue('ConsumerGroup');
  return {
    conditions: conditions.list(),
    sinkUri: sink.url,
    consumers: spec.consumers,
    selector: `eventing.knative.dev/source=kafka-source-controller,eventing.knative.dev/sourceName=${metadata.name}`,
  };
};
