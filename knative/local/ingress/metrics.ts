import type { RevisionKey } from '../serving/ports.ts';

/** Renard's R10: each a quarter more than the one before, so that a rollout sees what is half as slow again. */
const decade = [1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8];

/** Upper bounds in seconds, 1 ms to 10 s: those of Knative's queue-proxy (0.005, 0.01, 0.025 …) and finer ones between. */
export const latencyBounds: readonly number[] = [
  ...[0.001, 0.01, 0.1, 1].flatMap((from) => decade.map((times) => Number((from * times).toPrecision(3)))),
  ...[0.075, 0.75, 7.5, 10],
].sort((a, b) => a - b);

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
  /** Prometheus' text format, under the name that Knative gives these figures; of all revisions where none is named. */
  render(only?: readonly string[]): string;
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
    render(only = []) {
      const lines = [
        `# HELP ${name} From a request's arrival at the ingress to its answer's end.`,
        `# TYPE ${name} histogram`,
      ];
      const named = [...revisions.keys()].filter((key) => only.length === 0 || only.includes(key));
      for (const revision of named.sort()) {
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
