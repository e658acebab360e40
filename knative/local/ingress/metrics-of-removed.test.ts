import { expect, it } from 'vitest';
import type { WatchEvent } from '../store/types.ts';
import { createMetrics } from './metrics.ts';
import { forgetRemoved } from './metrics-of-removed.ts';

it('figures go with their Revision, and no others do', () => {
  const metrics = createMetrics();
  let tell: (event: WatchEvent) => void = () => {};
  let watching = true;
  const stop = forgetRemoved(
    {
      watch: (_kind, _from, listener) => {
        tell = listener;
        return () => {
          watching = false;
        };
      },
    },
    metrics,
  );
  for (const name of ['test/a-00001', 'test/a-00002'] as const) metrics.record(name, 200, 0.01);
  const event = (type: WatchEvent['type'], name: string) =>
    tell({ type, kind: 'Revision', object: { metadata: { namespace: 'test', name } } as never });
  event('MODIFIED', 'a-00002');
  event('DELETED', 'a-00001');
  expect(metrics.of('test/a-00001')).toEqual([]);
  expect(metrics.of('test/a-00002')).toHaveLength(1);
  stop();
  expect(watching).toBe(false);
});
