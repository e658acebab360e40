import * as z from 'zod';
import type { Metrics } from '../ports.ts';
import { createPodCounters } from './pod-counters.ts';
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

/** What Prometheus has scraped of Knative's queue-proxies, and of the functions themselves for the events that they handled. */
export const metricsOfPrometheus = (ask: Ask, namespace: string): Metrics => {
  const answered = createPodCounters(podLabel);
  const handled = createPodCounters(functionPodLabel);
  let begun = 0;
  const unscraped = new Set<string>();

  const readAnswered = async (revisions: readonly string[]): Promise<Sample[]> => {
    const { at, scrapes, buckets } = await look(ask, answeredQuery(namespace, revisions));
    // Of a rollout under way at least the stable revision was asked something; else nobody scrapes.
    if (scrapes.length === 0) throw new Error(`Prometheus has no target_info of ${revisions.join(', ')}`);
    if (begun === 0) for (const name of revisions) unscraped.add(name);
    begun ||= at;
    // What was answered before is Prometheus' only after a scrape: it would seem to be new.
    for (const { labels, value } of scrapes) if (value > begun) unscraped.delete(labels[revisionLabel] ?? '');
    if (unscraped.size > 0) throw new Error(`Prometheus has not scraped ${[...unscraped].join(', ')} yet`);
    return answered.add(scrapes, buckets);
  };
  /** None of functions that are not ours, or not scraped: requests are enough then. */
  const readHandled = async (revisions: readonly string[]): Promise<Sample[]> => {
    const { scrapes, buckets } = await look(ask, handledQuery(namespace, revisions));
    return handled.add(scrapes, buckets);
  };

  return {
    async read(revisions, { only }) {
      const [requests, events] = await Promise.all([readAnswered(revisions), readHandled(revisions)]);
      return revisions.map((name) => {
        const ofEvents = events.filter(({ labels }) => labels.revision === name);
        const deliveries = ofEvents.filter(({ labels }) => labels.le === '+Inf').map(delivery);
        return only === 'events'
          ? sideOfDeliveries(ofEvents, deliveries)
          : sideOf(
              requests.filter(({ labels }) => labels[revisionLabel] === name),
              deliveries,
            );
      });
    },
  };
};

/** Whose a counter is: no two pods are called alike, and a pod is of one revision. */
const podLabel = 'k8s_pod_name';
const functionPodLabel = 'instance';

/**
 * Every pod's buckets, and when it was last scraped. A queue-proxy tells whose it is in target_info, the OpenTelemetry way,
 * not in each series; whoever scrapes a pod twice has it once by `max`.
 */
const answeredQuery = (namespace: string, revisions: readonly string[]): string => {
  const whose = `target_info{${namespaceLabel}="${namespace}",${revisionLabel}=~"${revisions.join('|')}"}`;
  const pod = `${revisionLabel}, ${podLabel}`;
  const buckets = `${bucketName} * on (job, instance) group_left (${pod}) ${whose}`;
  return `max by (${pod}, http_response_status_code, le) (${buckets}) or max by (${pod}) (timestamp(${whose}))`;
};

/** The functions' own figure, of events of all types; Knative has none of deliveries by revision. */
const handledQuery = (namespace: string, revisions: readonly string[]): string => {
  const which = `{namespace="${namespace}",revision=~"${revisions.join('|')}"}`;
  const pod = `revision, ${functionPodLabel}`;
  const buckets = `sum by (${pod}, code, le) (event_handling_duration_seconds_bucket${which})`;
  return `${buckets} or max by (${pod}) (timestamp(process_start_time_seconds${which}))`;
};

/** Functions answer 204, 503 (again) or 422 (never again) to events; which attempt is the last they are not told. */
const delivery = ({ labels, value }: Sample): DeliverySample => {
  const code = Number(labels.code);
  const outcome = code < 300 ? 'delivered' : code >= 500 ? 'retried' : 'failed';
  return { code, outcome, count: value };
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
