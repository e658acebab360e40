import * as z from 'zod';
import type { Metrics } from '../ports.ts';
import {
  bucketName,
  type DeliverySample,
  namespaceLabel,
  revisionLabel,
  type Sample,
  sideOf,
  sideOfDeliveries,
} from './samples.ts';

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

/** The functions' own figure: Knative has none of deliveries by revision. */
const handlingName = 'event_handling_duration_seconds_bucket';

/**
 * What Prometheus has scraped of Knative's queue-proxies, and of the functions themselves for the events that they handled.
 * Counters of pods that have gone stand still for five minutes, then fall.
 */
export const metricsOfPrometheus = (ask: Ask, namespace: string): Metrics => {
  const query = async (text: string): Promise<Sample[]> => {
    const { result } = parse(await ask(`/api/v1/query?query=${encodeURIComponent(text)}`));
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  };
  return {
    async read(revisions, { only }) {
      const names = revisions.join('|');
      const [answered, handled] = await Promise.all([
        query(
          `sum by (${revisionLabel}, http_response_status_code, le) (${bucketName}{${namespaceLabel}="${namespace}",${revisionLabel}=~"${names}"})`,
        ),
        query(`sum by (revision, code, le) (${handlingName}{namespace="${namespace}",revision=~"${names}"})`),
      ]);
      // Of a rollout under way at least the stable revision was asked something; else nobody scrapes.
      if (answered.length === 0)
        throw new Error(`Prometheus has no ${bucketName} of ${revisions.join(', ')}`);
      if (only === 'events' && handled.length === 0)
        throw new Error(`Prometheus has no ${handlingName} of ${revisions.join(', ')}`);
      return revisions.map((name) => {
        const deliveries = handled.filter(({ labels }) => labels.revision === name);
        const counted = deliveries.filter(({ labels }) => labels.le === '+Inf').map(delivery);
        const requests = answered.filter(({ labels }) => labels[revisionLabel] === name);
        return only === 'events' ? sideOfDeliveries(deliveries, counted) : sideOf(requests, counted);
      });
    },
  };
};

/** Functions answer 204, 503 (again) or 422 (never again) to events; which attempt is the last they are not told. */
const delivery = ({ labels, value }: Sample): DeliverySample => {
  const code = Number(labels.code);
  const outcome = code < 300 ? 'delivered' : code >= 500 ? 'retried' : 'failed';
  return { code, outcome, count: value };
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
