import * as z from 'zod';
import type { Metrics } from '../ports.ts';
import { createPodCounters, podLabel } from './pod-counters.ts';
import { bucketName, namespaceLabel, revisionLabel, type Sample, sideOf } from './samples.ts';

/** GET of a path below Prometheus' address: its answer's body; rejects where it is not 200. */
export type Ask = (path: string) => Promise<string>;

/** https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries */
const answer = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('vector'),
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});

/** What Prometheus has scraped of Knative's queue-proxies. */
export const metricsOfPrometheus = (ask: Ask, namespace: string): Metrics => {
  const counters = createPodCounters();
  let begun = 0;
  const unscraped = new Set<string>();

  return {
    async read(revisions) {
      const { at, scrapes, buckets } = await look(ask, queryFor(namespace, revisions));
      // Of a rollout under way at least the stable revision was asked something; else nobody scrapes.
      if (scrapes.length === 0) throw new Error(`Prometheus has no target_info of ${revisions.join(', ')}`);
      if (begun === 0) for (const name of revisions) unscraped.add(name);
      begun ||= at;
      // What was answered before is Prometheus' only after a scrape: it would seem to be new.
      for (const { labels, value } of scrapes)
        if (value > begun) unscraped.delete(labels[revisionLabel] ?? '');
      if (unscraped.size > 0) throw new Error(`Prometheus has not scraped ${[...unscraped].join(', ')} yet`);
      const samples = counters.add(
        scrapes.map(({ labels }) => labels[podLabel] ?? ''),
        buckets,
      );
      return revisions.map((name) => sideOf(samples.filter(({ labels }) => labels[revisionLabel] === name)));
    },
  };
};

/**
 * Every pod's buckets, and when it was last scraped. A queue-proxy tells whose it is in target_info, the OpenTelemetry way,
 * not in each series; whoever scrapes a pod twice has it once by `max`.
 */
const queryFor = (namespace: string, revisions: readonly string[]): string => {
  const whose = `target_info{${namespaceLabel}="${namespace}",${revisionLabel}=~"${revisions.join('|')}"}`;
  const pod = `${revisionLabel}, ${podLabel}`;
  const buckets = `${bucketName} * on (job, instance) group_left (${pod}) ${whose}`;
  return `max by (${pod}, http_response_status_code, le) (${buckets}) or max by (${pod}) (timestamp(${whose}))`;
};

const look = async (ask: Ask, query: string) => {
  const { result } = parse(await ask(`/api/v1/query?query=${encodeURIComponent(query)}`));
  const samples = result.map(({ metric, value }): Sample => ({ labels: metric, value: Number(value[1]) }));
  const isBucket = ({ labels }: Sample) => labels.le !== undefined;
  return {
    /** Prometheus' own time. */
    at: result[0]?.value[0] ?? 0,
    scrapes: samples.filter((sample) => !isBucket(sample)),
    buckets: samples.filter(isBucket),
  };
};

const parse = (text: string): z.infer<typeof answer>['data'] => {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    throw new Error('Prometheus answered something that is no JSON');
  }
  const parsed = answer.safeParse(said);
  if (parsed.success) return parsed.data.data;
  const error = (said as { error?: unknown } | null)?.error;
  throw new Error(typeof error === 'string' ? `Prometheus: ${error}` : 'Prometheus answered no vector');
};
