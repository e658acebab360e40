import type { Attempted, Delivery } from '../../../eventing/broker/types.ts';
import type { SourceDelivery } from '../../../eventing/source/types.ts';
import type { Log, Reader } from '../store/types.ts';
import { kafkaSource, triggerKind } from './kinds.ts';
import { noteDelivery, type Recorders } from './note-failures.ts';

export interface DeliveryLogOptions {
  store: Pick<Reader, 'get'>;
  log: Log;
  /** Kubernetes Events; absent: none. */
  events?: Recorders;
}

/** For each delivery that failed for good: a line with the identity of its event, and a Kubernetes Event on its object. */
export const logFailedDeliveries = ({ store, log, events }: DeliveryLogOptions) => {
  const recorder = events?.as('kafka-dispatcher');

  const failed = (
    kind: string,
    whose: { trigger: Delivery['trigger'] } | { source: SourceDelivery['source'] },
    { outcome, to, url, event, attempt, code, reason }: Attempted,
  ): void => {
    if (outcome !== 'failed') return;
    const [what, { namespace, name }] = Object.entries(whose)[0] as [string, Delivery['trigger']];
    log.warn(
      { ...whose, to, url, event, attempts: attempt, code, reason },
      `${what}: the ${to} did not take an event`,
    );
    if (recorder) noteDelivery(store, recorder, { kind, namespace, name }, { to, url, reason });
  };

  return {
    ofTriggers: (delivery: Delivery) => failed(triggerKind, { trigger: delivery.trigger }, delivery),
    ofSources: (delivery: SourceDelivery) => failed(kafkaSource, { source: delivery.source }, delivery),
  };
};
