import { type Condition, conditionSet } from '../store/conditions.ts';
import type { KubeObject } from '../store/types.ts';
import { brokerClass } from './broker-address.ts';
import type { Unresolved } from './destination.ts';
import { markUnresolved } from './mark-unresolved.ts';

/** How far a Broker's reconciliation came: what failed, or nothing. */
export type BrokerOutcome =
  | { failed: 'config'; why: string }
  | { failed: 'deadLetterSink'; unresolved: Unresolved }
  | { failed: 'topic'; topic: string; why: string }
  | { failed?: never; topic: string; deadLetterSink: string | undefined };

/** Conditions as the Broker's class writes them: Kafka its own set, any other the one of MTChannelBasedBroker. */
export const brokerConditions = (broker: KubeObject, outcome: BrokerOutcome): Condition[] => {
  const before: Condition[] | undefined = broker.status?.conditions;
  return brokerClass(broker.metadata) === 'Kafka' ? kafka(before, outcome) : channelBased(before, outcome);
};

const kafkaSet = conditionSet([
  'Addressable',
  'ConfigMapUpdated',
  'ConfigParsed',
  'DataPlaneAvailable',
  'EventPoliciesReady',
  'ProbeSucceeded',
  'TopicReady',
]);

const kafka = (before: Condition[] | undefined, outcome: BrokerOutcome): Condition[] => {
  const conditions = kafkaSet(before);
  conditions.markTrue('DataPlaneAvailable');
  switch (outcome.failed) {
    case 'config':
      conditions.markFalse('ConfigParsed', outcome.why, '');
      break;
    case 'deadLetterSink': {
      const reason = `failed to resolve Spec.Delivery.DeadLetterSink: ${outcome.unresolved.reason}`;
      markUnresolved(conditions, 'ConfigParsed', reason, outcome.unresolved, '');
      break;
    }
    case 'topic':
      conditions.markTrue('ConfigParsed');
      conditions.markFalse('TopicReady', `Failed to create topic: ${outcome.topic}`, outcome.why);
      break;
    default:
      conditions.markTrue('ConfigParsed');
      conditions.markTrue('TopicReady', `Topic ${outcome.topic} created`);
      conditions.markTrue('ConfigMapUpdated');
      conditions.markTrue('ProbeSucceeded');
      conditions.markTrue('Addressable');
      conditions.markTrue('EventPoliciesReady', ...policiesOff);
  }
  return conditions.list();
};

const channelSet = conditionSet([
  'Addressable',
  'DeadLetterSinkResolved',
  'EventPoliciesReady',
  'FilterReady',
  'IngressReady',
  'TriggerChannelReady',
]);

const channelBased = (before: Condition[] | undefined, outcome: BrokerOutcome): Condition[] => {
  const conditions = channelSet(before);
  switch (outcome.failed) {
    case 'config':
    case 'topic':
      conditions.markFalse('TriggerChannelReady', 'ChannelFailure', outcome.why);
      break;
    case 'deadLetterSink': {
      const { unresolved } = outcome;
      const reason = "Unable to get the dead letter sink's URI";
      markUnresolved(conditions, 'DeadLetterSinkResolved', reason, unresolved, unresolved.reason);
      break;
    }
    default:
      conditions.markTrue('DeadLetterSinkResolved', ...(outcome.deadLetterSink ? [] : noDeadLetterSink));
      conditions.markTrue('TriggerChannelReady');
      conditions.markTrue('FilterReady');
      conditions.markTrue('IngressReady');
      conditions.markTrue('Addressable');
      conditions.markTrue('EventPoliciesReady', ...policiesOff);
  }
  return conditions.list();
};

const policiesOff = [
  'OIDCDisabled',
  'Feature "authentication-oidc" must be enabled to support Authorization',
] as const;

/** Reason and message of DeadLetterSinkResolved where there is none to resolve. */
export const noDeadLetterSink = [
  'DeadLetterSinkNotConfigured',
  'No dead letter sink is configured.',
] as const;
