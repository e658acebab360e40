import * as z from 'zod';
import type { Metrics } from '../ports.ts';
import { bucketName, namespaceLabel, revisionLabel, sideOf } from './samples.ts';

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

/** What Prometheus has scraped of Knative's queue-proxies. Counters of pods that have gone stand still for five minutes, then fall. */
export const metricsOfPrometheus = (ask: Ask, namespace: string): Metrics => ({
  async read(revisions) {
    const which = `${namespaceLabel}="${namespace}",${revisionLabel}=~"${revisions.join('|')}"`;
    const query = `sum by (${revisionLabel}, http_response_status_code, le) (${bucketName}{${which}})`;
    const text = await ask(`/api/v1/query?query=${encodeURIComponent(query)}`);
    const { result } = parse(text);
    // Of a rollout under way at least the stable revision was asked something; else nobody scrapes.
    if (result.length === 0) throw new Error(`Prometheus has no ${bucketName} of ${revisions.join(', ')}`);
    const samples = result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    return revisions.map((name) => sideOf(samples.filter(({ labels }) => labels[revisionLabel] === name)));
  },
});

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
