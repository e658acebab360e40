import { isRetried } from '../../../eventing/broker/attempts.ts';
import type { RevisionKey } from '../serving/ports.ts';
import { createHistograms } from './histograms.ts';

/** Answers of one code: how many, how long they took in all, and how many within each bound (the last: beyond all). */
export interface Answers {
  code: number;
  count: number;
  seconds: number;
  buckets: readonly number[];
}

/** Of a delivery: whether whoever sends it gives the event up where it is not taken now. */
export interface DeliveryAttempt {
  last: boolean;
}

/** What the ingress saw of each revision, from a request's arrival to its answer's end. */
export interface IngressMetrics {
  /** Code 499: the caller went away before an answer. Events that are delivered are counted by themselves, too. */
  record(revision: RevisionKey, code: number, seconds: number, delivery?: DeliveryAttempt): void;
  of(revision: RevisionKey): Answers[];
  forget(revision: RevisionKey): void;
  /** Prometheus' text format, requests under the name that Knative gives them; of all revisions where none is named. */
  render(only?: readonly string[]): string;
}

export const callerWentAway = 499;

/** `failed`: it is not tried again, and goes to the dead-letter sink. */
type Outcome = 'delivered' | 'retried' | 'failed';

export const createMetrics = (): IngressMetrics => {
  const answers = createHistograms(
    'kn_serving_invocation_duration_seconds',
    "From a request's arrival at the ingress to its answer's end.",
  );
  const deliveries = createHistograms(
    'kagari_event_delivery_duration_seconds',
    'One attempt to deliver an event, from its arrival at the ingress to the end of its answer.',
  );

  return {
    record(revision, code, seconds, delivery) {
      const labels = `http_response_status_code="${code}"`;
      answers.record(revision, labels, seconds);
      if (!delivery) return;
      deliveries.record(revision, `${labels},outcome="${outcomeOf(code, delivery.last)}"`, seconds);
    },
    of: (revision) =>
      answers.of(revision).map(({ labels, count, seconds, buckets }) => ({
        code: Number.parseInt(labels.split('"')[1] ?? '', 10),
        count,
        seconds,
        buckets,
      })),
    forget(revision) {
      answers.forget(revision);
      deliveries.forget(revision);
    },
    render: (only = []) => answers.render(only) + deliveries.render(only),
  };
};

/** A sender that went away had waited for as long as its policy says: it tries again. */
const outcomeOf = (code: number, last: boolean): Outcome => {
  if (code >= 200 && code < 300) return 'delivered';
  return !last && (code === callerWentAway || isRetried(code)) ? 'retried' : 'failed';
};
