import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../knative/local/ingress/metrics.ts';
import { noDeliveries, quantile } from '../verdict/side.ts';
import { metricsOfIngress } from './of-ingress.ts';
import { metricsOfPrometheus } from './of-prometheus.ts';

const bucket = (revision: string, code: string, le: string, value: string) => ({
  metric: { kn_revision_name: revision, http_response_status_code: code, le },
  value: [1_763_712_000.123, value],
});
const handled = (revision: string, code: string, le: string, value: string) => ({
  metric: { revision, code, le },
  value: [1_763_712_000.123, value],
});
const vector = (...result: object[]) =>
  JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });

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
  it("is asked for all at once, of queue-proxies and of the functions' own handling of events", async () => {
    const asked: string[] = [];
    const metrics = metricsOfPrometheus(async (path) => {
      asked.push(decodeURIComponent(path));
      if (path.includes('event_handling'))
        return vector(
          handled('shop-00001', '204', '0.1', '40'),
          handled('shop-00001', '204', '+Inf', '50'),
          handled('shop-00001', '503', '+Inf', '2'),
          handled('shop-00001', '422', '+Inf', '1'),
        );
      return vector(
        bucket('shop-00001', '200', '0.1', '90'),
        bucket('shop-00001', '200', '+Inf', '100'),
        bucket('shop-00001', '500', '0.1', '2'),
        bucket('shop-00001', '500', '+Inf', '2'),
        bucket('shop-00002', '200', '+Inf', '4.0000001'),
        bucket('shop-00002', '200', '0.1', '3'),
      );
    }, 'kagari');
    expect(await metrics.read(['shop-00001', 'shop-00002'], {})).toEqual([
      {
        requests: 102,
        errors: 2,
        latency: { bounds: [0.1], counts: [92, 10] },
        deliveries: { all: 53, retried: 2, failed: 1, refused: 1 },
      },
      { requests: 4, errors: 0, latency: { bounds: [0.1], counts: [3, 1] }, deliveries: noDeliveries },
    ]);
    expect(asked).toEqual([
      '/api/v1/query?query=sum by (kn_revision_name, http_response_status_code, le) (kn_serving_invocation_duration_seconds_bucket{k8s_namespace_name="kagari",kn_revision_name=~"shop-00001|shop-00002"})',
      '/api/v1/query?query=sum by (revision, code, le) (event_handling_duration_seconds_bucket{namespace="kagari",revision=~"shop-00001|shop-00002"})',
    ]);
  });

  it('has no metrics where it has no such series, an error, or is something else', async () => {
    const answers: [string, RegExp][] = [
      [vector(), /has no kn_serving_invocation_duration_seconds_bucket of shop-00001/],
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
