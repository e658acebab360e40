import type { Delivery } from '../../../eventing/broker/types.ts';
import type { Log } from '../store/types.ts';

/** Writes one line for each delivery that failed for good, with the identity of its event. */
export const logFailedDeliveries =
  (log: Log) =>
  ({ outcome, trigger, to, url, event, attempt, code, reason }: Delivery): void => {
    if (outcome !== 'failed') return;
    log.warn(
      { trigger, to, url, event, attempts: attempt, code, reason },
      `trigger: the ${to} did not take an event`,
    );
  };
