import type { TriggerSpec } from '../../../eventing/broker/types.ts';
import type { KubeObject, Reader } from '../store/types.ts';
import { type Resolved, resolveDestination, type Unresolved } from './destination.ts';
import { resolveDelivery } from './resolve-delivery.ts';

/** A Trigger's references, resolved as far as they go; with a spec where all of them are. */
export interface TriggerPlan {
  subscriber: Resolved;
  deadLetterSink: { url: string | undefined; reason?: never } | Unresolved;
  /** What is wrong with its annotations. */
  wrong?: string;
  spec?: TriggerSpec;
}

const orderAnnotation = 'kafka.eventing.knative.dev/delivery.order';

/** What the data plane is to do for a Trigger of this Broker. The Trigger's delivery replaces the Broker's as a whole. */
export const planTrigger = (store: Reader, trigger: KubeObject, broker: KubeObject): TriggerPlan => {
  const { name, namespace = '', annotations } = trigger.metadata;
  const { broker: brokerName, filter, filters, delivery: own } = trigger.spec;
  const subscriber = resolveDestination(store, trigger.spec.subscriber, namespace);
  const delivery = resolveDelivery(store, own ?? broker.spec?.delivery, namespace);
  if (delivery.reason !== undefined) return { subscriber, deadLetterSink: delivery };
  const deadLetterSink = { url: delivery.delivery?.deadLetterSink };
  const order = annotations?.[orderAnnotation]?.toLowerCase() ?? 'unordered';
  if (order !== 'ordered' && order !== 'unordered') {
    const wrong = `invalid annotation ${orderAnnotation} value: ${order}. Allowed values [ "ordered" | "unordered" ]`;
    return { subscriber, deadLetterSink, wrong };
  }
  if (subscriber.url === undefined) return { subscriber, deadLetterSink };
  const spec: TriggerSpec = {
    namespace,
    name,
    broker: brokerName,
    subscriber: subscriber.url,
    ordered: order === 'ordered',
    ...(filter && { filter }),
    ...(filters && { filters }),
    ...(own && { delivery: delivery.delivery ?? {} }),
  };
  return { subscriber, deadLetterSink, spec };
};
