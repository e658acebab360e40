import { describe, expect, it } from 'vitest';
import { latencyBounds } from './histograms.ts';
import { createMetrics } from './metrics.ts';

describe('figures of the ingress', () => {
  it('count answers by revision and code, and sort their times into bounds', () => {
    const metrics = createMetrics();
    for (const seconds of [0.0005, 0.001, 0.02, 100]) metrics.record('test/a', 200, seconds);
    metrics.record('test/a', 503, 0.3);
    const [ok, failed] = metrics.of('test/a');
    expect(ok).toMatchObject({ code: 200, count: 4, seconds: 100.0215 });
    const filled = ok?.buckets.flatMap((count, i) => (count ? [[latencyBounds[i] ?? 'beyond', count]] : []));
    expect(filled).toEqual([
      [0.001, 2],
      [0.02, 1],
      ['beyond', 1],
    ]);
    expect(failed).toMatchObject({ code: 503, count: 1 });
    expect(metrics.of('test/b')).toEqual([]);
    metrics.forget('test/a');
    expect(metrics.of('test/a')).toEqual([]);
  });

  it('are a Prometheus histogram under the name that Knative gives them', () => {
    const metrics = createMetrics();
    metrics.record('test/a-00001', 204, 0.002);
    metrics.record('test/a-00001', 204, 0.2);
    const lines = metrics.render().split('\n');
    const labels = 'k8s_namespace_name="test",kn_revision_name="a-00001",http_response_status_code="204"';
    expect(lines).toContain('# TYPE kn_serving_invocation_duration_seconds histogram');
    expect(lines).toContain(`kn_serving_invocation_duration_seconds_bucket{${labels},le="0.001"} 0`);
    expect(lines).toContain(`kn_serving_invocation_duration_seconds_bucket{${labels},le="0.0025"} 1`);
    expect(lines).toContain(`kn_serving_invocation_duration_seconds_bucket{${labels},le="+Inf"} 2`);
    expect(lines).toContain(`kn_serving_invocation_duration_seconds_count{${labels}} 2`);
    expect(lines).toContain(`kn_serving_invocation_duration_seconds_sum{${labels}} 0.202`);
  });

  it('count what becomes of each delivery of an event, beside the requests that they are', () => {
    const metrics = createMetrics();
    for (const [code, last] of [
      [204, false],
      [503, false],
      [503, true],
      [422, false],
      [429, false],
      [499, false],
      [499, true],
    ] as const)
      metrics.record('test/a-00001', code, 0.002, { last });
    metrics.record('test/a-00001', 204, 0.002);
    const counted = [
      ...metrics
        .render()
        .matchAll(/^kagari_event_delivery_duration_seconds_count\{.*code="(\d+)",outcome="(\w+)"\} (\d+)$/gm),
    ].map(([, ...found]) => found.join(' '));
    expect(counted).toEqual([
      '204 delivered 1',
      '422 failed 1',
      '429 retried 1',
      '499 failed 1',
      '499 retried 1',
      '503 failed 1',
      '503 retried 1',
    ]);
    expect(metrics.of('test/a-00001').find(({ code }) => code === 204)?.count).toBe(2);
    metrics.forget('test/a-00001');
    expect(metrics.render()).not.toContain('a-00001');
  });
});
