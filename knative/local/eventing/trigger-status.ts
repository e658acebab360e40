import { groupOf } from '../../../eventing/broker/trigger.ts';
import { type Condition, conditionSet, readyOf } from '../store/conditions.ts';
import type { KubeObject } from '../store/types.ts';
import { noDeadLetterSink } from './broker-conditions.ts';
import { markUnresolved } from './mark-unresolved.ts';
import { oidcDisabled } from './oidc.ts';
import type { Dependency } from './trigger-dependency.ts';
import type { TriggerPlan } from './trigger-plan.ts';

const triggerSet = conditionSet([
  'BrokerReady',
  'DeadLetterSinkResolved',
  'DependencyReady',
  'OIDCIdentityCreated',
  'SubscriberResolved',
  'SubscriptionReady',
]);

const begin = (trigger: KubeObject) => {
  const conditions = triggerSet(trigger.status?.conditions as Condition[] | undefined);
  conditions.markTrue('OIDCIdentityCreated', oidcDisabled);
  return conditions;
};

/** The status of a Trigger whose Broker is not there, or not ready: all else stays as it was. */
export const waitingStatus = (trigger: KubeObject, broker: KubeObject | undefined) => {
  const conditions = begin(trigger);
  const ready = readyOf({ status: broker?.status });
  const { reason = '', message = '' } = ready ?? {};
  if (!broker) {
    conditions.markFalse(
      'BrokerReady',
      'BrokerDoesNotExist',
      `Broker "${trigger.spec.broker}" does not exist`,
    );
  } else if (ready?.status === 'False') conditions.markFalse('BrokerReady', reason, message);
  else if (ready?.status === 'Unknown') conditions.markUnknown('BrokerReady', reason, message);
  else conditions.markUnknown('BrokerReady', 'BrokerNotConfigured', 'Broker has not yet been reconciled.');
  const { annotations, subscriberUri, deadLetterSinkUri } = trigger.status ?? {};
  return { conditions: conditions.list(), annotations, subscriberUri, deadLetterSinkUri };
};

/** The status of a Trigger of a Broker that is ready; `failure` is why its consumer does not do as the plan says. */
export const triggerStatus = (
  trigger: KubeObject,
  plan: TriggerPlan,
  dependency: Dependency,
  failure: string | undefined,
) => {
  const conditions = begin(trigger);
  const { subscriber, deadLetterSink, wrong, spec } = plan;
  conditions.markTrue('BrokerReady');

  if (subscriber.url !== undefined) {
    const order = spec?.ordered ? 'ORDERED' : 'UNORDERED';
    const message = `Subscriber will receive events with the delivery order: ${order}`;
    conditions.markTrue('SubscriberResolved', 'SubscriberResolved', message);
  } else {
    const reason = "Unable to get the Subscriber's URI";
    markUnresolved(conditions, 'SubscriberResolved', reason, subscriber, subscriber.reason);
  }

  if (deadLetterSink.reason !== undefined) {
    const reason = "Unable to get the dead letter sink's URI";
    markUnresolved(conditions, 'DeadLetterSinkResolved', reason, deadLetterSink, deadLetterSink.reason);
  } else conditions.markTrue('DeadLetterSinkResolved', ...(deadLetterSink.url ? [] : noDeadLetterSink));

  if (dependency.status === 'True') conditions.markTrue('DependencyReady');
  else if (dependency.status === 'False') {
    conditions.markFalse('DependencyReady', dependency.reason, dependency.message);
  } else conditions.markUnknown('DependencyReady', dependency.reason, dependency.message);

  const unsubscribed = failure ?? wrong;
  if (unsubscribed !== undefined) conditions.markFalse('SubscriptionReady', 'NotSubscribed', unsubscribed);
  else if (spec) conditions.markTrue('SubscriptionReady');
  else
    conditions.markUnknown(
      'SubscriptionReady',
      'SubscriptionNotConfigured',
      'Subscription has not yet been reconciled.',
    );

  return {
    conditions: conditions.list(),
    annotations: { ...trigger.status?.annotations, ...(spec && failure === undefined && group(trigger)) },
    subscriberUri: subscriber.url,
    deadLetterSinkUri: deadLetterSink.url,
  };
};

const group = ({ metadata }: KubeObject) => ({
  [groupKey]: groupOf(metadata.namespace ?? '', metadata.name),
});

const groupKey = 'group.id';

/** True once the Trigger's group has had its start offset. */
export const hasGroup = ({ status }: KubeObject): boolean => status?.annotations?.[groupKey] !== undefined;
