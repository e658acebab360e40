import type { RevisionKey } from '../serving/ports.ts';

/** Renard's R10: each a quarter more than the one before, so that a rollout sees what is half as slow again. */
const decade = [1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8];

/** Upper bounds in seconds, 1 ms to 10 s: those of Knative's queue-proxy (0.005, 0.01, 0.025 …) and finer ones between. */
export const latencyBounds: readonly number[] = [
  ...[0.001, 0.01, 0.1, 1].flatMap((from) => decade.map((times) => Number((from * times).toPrecision(3)))),
  ...[0.075, 0.75, 7.5, 10],
].sort((a, b) => a - b);

/** What was counted under some labels: how many, how long they took in all, and how many within each bound (the last: beyond all). */
export interface Durations {
  /** As Prometheus writes them: `code="200",outcome="delivered"`. */
  labels: string;
  count: number;
  seconds: number;
  /** One a bound and one more; not cumulative. */
  buckets: number[];
}

/** Durations by revision, and by labels. */
export interface Histograms {
  record(revision: RevisionKey, labels: string, seconds: number): void;
  /** Sorted by their labels. */
  of(revision: RevisionKey): Durations[];
  forget(revision: RevisionKey): void;
  /** Prometheus' text format; of all revisions where none is named. */
  render(only: readonly string[]): string;
}

export const createHistograms = (name: string, help: string): Histograms => {
  const revisions = new Map<RevisionKey, Map<string, Durations>>();

  const lines = (revision: RevisionKey, durations: Map<string, Durations>): string[] => {
    const [namespace, revisionName] = revision.split('/');
    return [...durations].sort(byName).flatMap(([inner, { count, seconds, buckets }]) => {
      const labels = `k8s_namespace_name="${namespace}",kn_revision_name="${revisionName}",${inner}`;
      let below = 0;
      const cumulative = [...latencyBounds, '+Inf'].map((bound, i) => {
        below += buckets[i] ?? 0;
        return `${name}_bucket{${labels},le="${bound}"} ${below}`;
      });
      return [...cumulative, `${name}_sum{${labels}} ${seconds}`, `${name}_count{${labels}} ${count}`];
    });
  };

  return {
    record(revision, labels, seconds) {
      const all = revisions.get(revision) ?? new Map<string, Durations>();
      revisions.set(revision, all);
      let one = all.get(labels);
      if (!one) {
        one = { labels, count: 0, seconds: 0, buckets: Array(latencyBounds.length + 1).fill(0) };
        all.set(labels, one);
      }
      const within = latencyBounds.findIndex((bound) => seconds <= bound);
      const bucket = within < 0 ? latencyBounds.length : within;
      one.count++;
      one.seconds += seconds;
      one.buckets[bucket] = (one.buckets[bucket] ?? 0) + 1;
    },
    of: (revision) => [...(revisions.get(revision) ?? [])].sort(byName).map(([, one]) => one),
    forget: (revision) => void revisions.delete(revision),
    render(only) {
      const named = [...revisions].filter(([key]) => only.length === 0 || only.includes(key));
      const figures = named.sort(byName).flatMap(([key, all]) => lines(key, all));
      return `${[`# HELP ${name} ${help}`, `# TYPE ${name} histogram`, ...figures].join('\n')}\n`;
    },
  };
};

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);
