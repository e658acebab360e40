import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../knative/local/ingress/metrics.ts';
import { noDeliveries, quantile } from '../verdict/side.ts';
import { metricsOfIngress } from './of-ingress.ts';
import { metricsOfPrometheus } from './of-prometheus.ts';

const at = 1_763_712_000;
const bucket = (pod: string, code: string, le: string, value: number) => ({
  metric: { kn_revision_name: revisionOf(pod), k8s_pod_name: pod, http_response_status_code: code, le },
  value: [at, `${value}`],
});
const scrape = (pod: string, after: number) => ({
  metric: { kn_revision_name: revisionOf(pod), k8s_pod_name: pod },
  value: [at, `${at + after}`],
});
const revisionOf = (pod: string) => pod.slice(0, pod.lastIndexOf('-'));
const handled = (pod: string, code: string, le: string, value: number) => ({
  metric: { revision: revisionOf(pod), instance: pod, code, le },
  value: [at, `${value}`],
});
const vector = (...result: object[]) =>
  JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });

/** A Prometheus that answers these of queue-proxies, and others of events, one after the other. */
const answering = (...answers: object[][]) => {
  const asked: string[] = [];
  const ofEvents: object[][] = [];
  const metrics = metricsOfPrometheus(async (path) => {
    asked.push(decodeURIComponent(path));
    const from = path.includes('event_handling') ? ofEvents : answers;
    return vector(...(from.shift() ?? []));
  }, 'kagari');
  return { metrics, asked, ofEvents };
};

describe("the ingress' own figures", () => {
  it('tell requests, errors and times of each revision asked, and zero of one that nobody asked', async () => {
    const ingress = createMetrics();
    for (const seconds of [0.004, 0.02, 0.02, 30]) ingress.record('kagari/shop-00001', 200, seconds);
    ingress.record('kagari/shop-00001', 503, 0.5);
    ingress.record('kagari/shop-00001', 499, 0.5);
    ingress.record('other/shop-00002', 500, 0.5);
    const paths: string[] = [];
    const metrics = metricsOfIngress({
      namespace: 'kagari',
      async text(path) {
        paths.push(path);
        return ingress.render(new URL(path, 'http://api').searchParams.getAll('revision'));
      },
    });
    const [stable, candidate] = await metrics.read(['shop-00001', 'shop-00002'], {});
    expect(paths).toEqual(['/metrics?revision=kagari%2Fshop-00001&revision=kagari%2Fshop-00002']);
    expect(stable).toMatchObject({ requests: 5, errors: 1 });
    expect(quantile(stable!.latency, 0.5)).toBe(0.02);
    expect(quantile(stable!.latency, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(candidate).toMatchObject({ requests: 0, errors: 0 });
  });

  it('tell what became of the events among them, or tell of events alone', async () => {
    const ingress = createMetrics();
    const attempts = [
      [204, false],
      [503, false],
      [422, false],
      [404, false],
      [499, true],
    ] as const;
    for (const [code, last] of attempts) ingress.record('kagari/shop-00001', code, 0.004, { last });
    ingress.record('kagari/shop-00001', 500, 0.02);
    const metrics = metricsOfIngress({ namespace: 'kagari', text: async () => ingress.render() });
    const deliveries = { all: 5, retried: 2, failed: 2 };
    const [all] = await metrics.read(['shop-00001'], {});
    expect(all).toMatchObject({ requests: 5, errors: 2, deliveries: { ...deliveries, refused: 3 } });
    const [events] = await metrics.read(['shop-00001'], { only: 'events' });
    expect(events).toMatchObject({ requests: 5, errors: 4, deliveries: { ...deliveries, refused: 0 } });
    expect(quantile(events!.latency, 1)).toBe(0.004);
  });

  it("are missing where an API server's metrics are another's", async () => {
    const metrics = metricsOfIngress({
      namespace: 'kagari',
      text: async () => '# TYPE apiserver_request_total counter\n',
    });
    await expect(metrics.read(['shop-00001'], {})).rejects.toThrow('/metrics says nothing of revisions');
  });
});

describe('Prometheus', () => {
  const [stable, candidate] = ['shop-00001-a', 'shop-00002-a'];
  const names = ['shop-00001', 'shop-00002'];
  const scrapes = [scrape(stable, 1), scrape(candidate, 1)];

  it("is asked for all at once, of queue-proxies and of the functions' own handling of events", async () => {
    const { metrics, asked, ofEvents } = answering([
      ...scrapes,
      bucket(stable, '200', '0.1', 90),
      bucket(stable, '200', '+Inf', 100),
      bucket(stable, '500', '0.1', 2),
      bucket(stable, '500', '+Inf', 2),
      bucket(candidate, '200', '+Inf', 4.0000001),
      bucket(candidate, '200', '0.1', 3),
    ]);
    ofEvents.push([
      handled(stable, '204', '0.1', 40),
      handled(stable, '204', '+Inf', 50),
      handled(stable, '503', '+Inf', 2),
      handled(stable, '422', '+Inf', 1),
    ]);
    expect(await metrics.read(names, {})).toEqual([
      {
        requests: 102,
        errors: 2,
        latency: { bounds: [0.1], counts: [92, 10] },
        deliveries: { all: 53, retried: 2, failed: 1, refused: 1 },
      },
      { requests: 4, errors: 0, latency: { bounds: [0.1], counts: [3, 1] }, deliveries: noDeliveries },
    ]);
    expect(asked).toEqual([
      [
        '/api/v1/query?query=max by (kn_revision_name, k8s_pod_name, http_response_status_code, le)',
        '(kn_serving_invocation_duration_seconds_bucket * on (job, instance) group_left (kn_revision_name, k8s_pod_name)',
        'target_info{k8s_namespace_name="kagari",kn_revision_name=~"shop-00001|shop-00002"})',
        'or max by (kn_revision_name, k8s_pod_name)',
        '(timestamp(target_info{k8s_namespace_name="kagari",kn_revision_name=~"shop-00001|shop-00002"}))',
      ].join(' '),
      [
        '/api/v1/query?query=sum by (revision, instance, code, le)',
        '(event_handling_duration_seconds_bucket{namespace="kagari",revision=~"shop-00001|shop-00002"})',
        'or max by (revision, instance)',
        '(timestamp(process_start_time_seconds{namespace="kagari",revision=~"shop-00001|shop-00002"}))',
      ].join(' '),
    ]);
  });

  it('has no figures before it has scraped each revision once more', async () => {
    const { metrics } = answering(
      [scrape(stable, -1), bucket(stable, '200', '+Inf', 1)],
      [scrape(stable, 2), scrape(candidate, -1), bucket(stable, '200', '+Inf', 3)],
      [...scrapes, bucket(stable, '200', '+Inf', 4)],
    );
    await expect(metrics.read(names, {})).rejects.toThrow('has not scraped shop-00001, shop-00002 yet');
    await expect(metrics.read(names, {})).rejects.toThrow('has not scraped shop-00002 yet');
    expect(await metrics.read(names, {})).toMatchObject([{ requests: 4 }, { requests: 0 }]);
  });

  it('keeps what pods that go have answered, and adds what they count from new', async () => {
    const { metrics } = answering(
      [...scrapes, bucket(stable, '200', '+Inf', 100), bucket(candidate, '500', '+Inf', 2)],
      [...scrapes, bucket(stable, '200', '+Inf', 3), bucket(candidate, '500', '+Inf', 2)],
      [scrape(stable, 2), bucket(stable, '200', '+Inf', 4), bucket(stable, '502', '+Inf', 1)],
    );
    expect(await metrics.read(names, {})).toMatchObject([{ requests: 100 }, { requests: 2 }]);
    expect(await metrics.read(names, {})).toMatchObject([{ requests: 103 }, { requests: 2 }]);
    expect(await metrics.read(names, {})).toMatchObject([{ requests: 105, errors: 1 }, { errors: 2 }]);
  });

  it('tells of pods that came later what they answer from then on', async () => {
    const late = 'shop-00001-b';
    const { metrics } = answering(
      [...scrapes, bucket(stable, '200', '+Inf', 100)],
      [...scrapes, scrape(late, 1), bucket(stable, '200', '+Inf', 101), bucket(late, '200', '+Inf', 9_000)],
      [scrape(late, 2), bucket(late, '200', '+Inf', 9_001), bucket(late, '500', '+Inf', 1)],
    );
    expect(await metrics.read(names, {})).toMatchObject([{ requests: 100 }, {}]);
    expect(await metrics.read(names, {})).toMatchObject([{ requests: 101 }, {}]);
    expect(await metrics.read(names, {})).toMatchObject([{ requests: 103, errors: 1 }, {}]);
  });

  it('has no metrics where it has no such series, an error, or is something else', async () => {
    const answers: [string, RegExp][] = [
      [vector(), /has no target_info of shop-00001/],
      [
        JSON.stringify({ status: 'error', errorType: 'bad_data', error: 'parse error' }),
        /Prometheus: parse error/,
      ],
      [JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [1, '1'] } }), /no vector/],
      ['<html>', /no JSON/],
    ];
    for (const [text, said] of answers)
      await expect(metricsOfPrometheus(async () => text, 'kagari').read(['shop-00001'], {})).rejects.toThrow(
        said,
      );
  });
});
