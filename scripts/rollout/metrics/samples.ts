import type { Side } from '../verdict/side.ts';

/** One value of Prometheus, with its labels. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
}

const figure = 'kn_serving_invocation_duration_seconds';
const callerWentAway = '499';

/** The buckets (cumulative, with `le`) of one revision's answers as one side; those whose caller went away count for nobody. */
export const sideOf = (buckets: readonly Sample[]): Side => {
  const upTo = new Map<number, number>();
  let errors = 0;
  for (const { labels, value } of buckets) {
    const code = labels.http_response_status_code ?? '';
    if (code === callerWentAway) continue;
    const bound = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le);
    upTo.set(bound, (upTo.get(bound) ?? 0) + value);
    if (bound === Number.POSITIVE_INFINITY && Number(code) >= 500) errors += value;
  }
  const sorted = [...upTo].sort(([a], [b]) => a - b);
  // Rates and extrapolation leave fractions.
  const cumulative = sorted.map(([, value]) => Math.round(value));
  return {
    requests: cumulative.at(-1) ?? 0,
    errors: Math.round(errors),
    latency: {
      bounds: sorted.slice(0, -1).map(([bound]) => bound),
      counts: cumulative.map((value, i) => value - (cumulative[i - 1] ?? 0)),
    },
  };
};

export const bucketName = `${figure}_bucket`;
export const revisionLabel = 'kn_revision_name';
export const namespaceLabel = 'k8s_namespace_name';
