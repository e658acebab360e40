import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../knative/local/ingress/metrics.ts';
import { quantile } from '../verdict/side.ts';
import { metricsOfIngress } from './of-ingress.ts';
import { metricsOfPrometheus } from './of-prometheus.ts';

const bucket = (revision: string, code: string, le: string, value: string) => ({
  metric: { kn_revision_name: revision, http_response_status_code: code, le },
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
    const [stable, candidate] = await metrics.read(['shop-00001', 'shop-00002']);
    expect(paths).toEqual(['/metrics?revision=kagari%2Fshop-00001&revision=kagari%2Fshop-00002']);
    expect(stable).toMatchObject({ requests: 5, errors: 1 });
    expect(quantile(stable!.latency, 0.5)).toBe(0.02);
    expect(quantile(stable!.latency, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(candidate).toMatchObject({ requests: 0, errors: 0 });
  });

  it("are missing where an API server's metrics are another's", async () => {
    const metrics = metricsOfIngress({
      namespace: 'kagari',
      text: async () => '# TYPE apiserver_request_total counter\n',
    });
    await expect(metrics.read(['shop-00001'])).rejects.toThrow('/metrics says nothing of revisions');
  });
});

describe('Prometheus', () => {
  it('is asked once for all, and its cumulative buckets are told apart', async () => {
    let asked = '';
    const metrics = metricsOfPrometheus(async (path) => {
      asked = decodeURIComponent(path);
      return vector(
        bucket('shop-00001', '200', '0.1', '90'),
        bucket('shop-00001', '200', '+Inf', '100'),
        bucket('shop-00001', '500', '0.1', '2'),
        bucket('shop-00001', '500', '+Inf', '2'),
        bucket('shop-00002', '200', '+Inf', '4.0000001'),
        bucket('shop-00002', '200', '0.1', '3'),
      );
    }, 'kagari');
    expect(await metrics.read(['shop-00001', 'shop-00002'])).toEqual([
      { requests: 102, errors: 2, latency: { bounds: [0.1], counts: [92, 10] } },
      { requests: 4, errors: 0, latency: { bounds: [0.1], counts: [3, 1] } },
    ]);
    expect(asked).toBe(
      '/api/v1/query?query=sum by (kn_revision_name, http_response_status_code, le) (kn_serving_invocation_duration_seconds_bucket{k8s_namespace_name="kagari",kn_revision_name=~"shop-00001|shop-00002"})',
    );
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
      await expect(metricsOfPrometheus(async () => text, 'kagari').read(['shop-00001'])).rejects.toThrow(
        said,
      );
  });
});
