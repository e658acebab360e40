import type { Deliveries, Histogram, Side } from '../verdict/side.ts';

/** One value of Prometheus, with its labels. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** An attempt to deliver an event: what the answer was, and whether the event is tried again. */
export interface DeliverySample {
  code: number;
  outcome: 'delivered' | 'retried' | 'failed';
  count: number;
}

const figure = 'kn_serving_invocation_duration_seconds';
const callerWentAway = '499';

/** The buckets (cumulative, with `le`) of one revision's answers, and its deliveries, as one side; requests whose caller went away count for nobody. */
export const sideOf = (buckets: readonly Sample[], deliveries: readonly DeliverySample[] = []): Side => {
  const answered = buckets.filter(({ labels }) => labels.http_response_status_code !== callerWentAway);
  const latency = histogramOf(answered);
  const errors = answered.filter(
    ({ labels }) => labels.le === '+Inf' && Number(labels.http_response_status_code) >= 500,
  );
  return {
    requests: total(latency.counts),
    errors: Math.round(total(errors.map(({ value }) => value))),
    latency,
    deliveries: deliveriesOf(deliveries),
  };
};

/** By the events alone: each delivery is a request, and each that was not taken one that failed. */
export const sideOfDeliveries = (buckets: readonly Sample[], deliveries: readonly DeliverySample[]): Side => {
  const counted = deliveriesOf(deliveries);
  return {
    requests: counted.all,
    errors: counted.retried + counted.failed,
    latency: histogramOf(buckets),
    deliveries: { ...counted, refused: 0 },
  };
};

const deliveriesOf = (samples: readonly DeliverySample[]): Deliveries => {
  const count = (which: (sample: DeliverySample) => boolean) =>
    Math.round(total(samples.filter(which).map((sample) => sample.count)));
  return {
    all: count(() => true),
    retried: count(({ outcome }) => outcome === 'retried'),
    failed: count(({ outcome }) => outcome === 'failed'),
    refused: count(({ outcome, code }) => outcome !== 'delivered' && code < 500),
  };
};

const histogramOf = (buckets: readonly Sample[]): Histogram => {
  const upTo = new Map<number, number>();
  for (const { labels, value } of buckets) {
    const bound = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le);
    upTo.set(bound, (upTo.get(bound) ?? 0) + value);
  }
  const sorted = [...upTo].sort(([a], [b]) => a - b);
  // Rates and extrapolation leave fractions.
  const cumulative = sorted.map(([, value]) => Math.round(value));
  return {
    bounds: sorted.slice(0, -1).map(([bound]) => bound),
    counts: cumulative.map((value, i) => value - (cumulative[i - 1] ?? 0)),
  };
};

const total = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);

export const bucketName = `${figure}_bucket`;
export const revisionLabel = 'kn_revision_name';
export const namespaceLabel = 'k8s_namespace_name';
