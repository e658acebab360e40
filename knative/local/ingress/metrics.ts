import type { RevisionKey } from '../serving/ports.ts';

/** Upper bounds in seconds: those of Knative's queue-proxy, and two below, since one machine is faster than a network. */
export const latencyBounds = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
] as const;

/** Answers of one code: how many, how long they took in all, and how many within each bound (the last: beyond all). */
export interface Answers {
  code: number;
  count: number;
  seconds: number;
  /** One a bound and one more; not cumulative. */
  buckets: readonly number[];
}

/** What the ingress saw of each revision, from a request's arrival to its answer's end. */
export interface IngressMetrics {
  /** Code 499: the caller went away before an answer. */
  record(revision: RevisionKey, code: number, seconds: number): void;
  of(revision: RevisionKey): Answers[];
  forget(revision: RevisionKey): void;
  /** Prometheus' text format, under the name that Knative gives these figures. */
  render(): string;
}

export const callerWentAway = 499;
const name = 'kn_serving_invocation_duration_seconds';

export const createMetrics = (): IngressMetrics => {
  const revisions = new Map<
    RevisionKey,
    Map<number, { count: number; seconds: number; buckets: number[] }>
  >();

  const of = (revision: RevisionKey): Answers[] =>
    [...(revisions.get(revision) ?? [])]
      .map(([code, answers]) => ({ code, ...answers, buckets: [...answers.buckets] }))
      .sort((a, b) => a.code - b.code);

  return {
    of,
    record(revision, code, seconds) {
      let codes = revisions.get(revision);
      if (!codes) {
        codes = new Map();
        revisions.set(revision, codes);
      }
      let answers = codes.get(code);
      if (!answers) {
        answers = { count: 0, seconds: 0, buckets: Array(latencyBounds.length + 1).fill(0) };
        codes.set(code, answers);
      }
      const within = latencyBounds.findIndex((bound) => seconds <= bound);
      const bucket = within < 0 ? latencyBounds.length : within;
      answers.count++;
      answers.seconds += seconds;
      answers.buckets[bucket] = (answers.buckets[bucket] ?? 0) + 1;
    },
    forget: (revision) => void revisions.delete(revision),
    render() {
      const lines = [
        `# HELP ${name} From a request's arrival at the ingress to its answer's end.`,
        `# TYPE ${name} histogram`,
      ];
      for (const revision of [...revisions.keys()].sort()) {
        const [namespace, revisionName] = revision.split('/');
        for (const answers of of(revision)) {
          const labels = `k8s_namespace_name="${namespace}",kn_revision_name="${revisionName}",http_response_status_code="${answers.code}"`;
          let below = 0;
          for (const [i, bound] of [...latencyBounds, '+Inf'].entries()) {
            below += answers.buckets[i] ?? 0;
            lines.push(`${name}_bucket{${labels},le="${bound}"} ${below}`);
          }
          lines.push(
            `${name}_sum{${labels}} ${answers.seconds}`,
            `${name}_count{${labels}} ${answers.count}`,
          );
        }
      }
      return `${lines.join('\n')}\n`;
    },
  };
};
