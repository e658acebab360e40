import { expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';

it('counts what was measured before the library was loaded, and after it', async () => {
  const metrics = createMetrics({ service: 'orders', revision: 'orders-00001' });
  const observe = metrics.durations('work_seconds', 'Time of work', ['kind']);
  observe(['a'], 0.02);
  const count = async () =>
    /^work_seconds_count\{.*kind="a"\} (\d+)$/m.exec((await metrics.text()).body)?.[1];
  expect(await count()).toBe('1');
  observe(['a'], 0.2);
  expect(await count()).toBe('2');
  const { body, contentType } = await metrics.text();
  expect(contentType).toContain('text/plain');
  expect(body).toMatch(
    /^work_seconds_bucket\{le="0.025",service="orders",revision="orders-00001",kind="a"\} 1$/m,
  );
});
