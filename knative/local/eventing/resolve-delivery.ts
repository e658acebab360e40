import type { DeliverySpec } from '../../../eventing/broker/types.ts';
import type { Reader } from '../store/types.ts';
import { type Destination, resolveDestination, type Unresolved } from './destination.ts';

/** A Broker's or Trigger's spec.delivery as it stands in its object. */
export type Delivery = Omit<DeliverySpec, 'deadLetterSink'> & { deadLetterSink?: Destination };

export type ResolvedDelivery = { delivery: DeliverySpec | undefined; reason?: never } | Unresolved;

/** What the data plane gets: the same with its dead-letter sink resolved, or why that does not resolve. */
export const resolveDelivery = (
  store: Reader,
  delivery: Delivery | undefined,
  namespace: string,
): ResolvedDelivery => {
  if (!delivery?.deadLetterSink) return { delivery: delivery as DeliverySpec | undefined };
  const { deadLetterSink, ...rest } = delivery;
  const sink = resolveDestination(store, deadLetterSink, namespace);
  return sink.url === undefined ? sink : { delivery: { ...rest, deadLetterSink: sink.url } };
};
