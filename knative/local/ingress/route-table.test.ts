import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRouteTable } from './route-table.ts';

it('gives each revision its percent of any run of requests, to within one a revision', () => {
  const split = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(split, fc.integer({ min: 1, max: 500 }), (percents, requests) => {
      const table = createRouteTable();
      const targets = percents.map((percent, i) => ({ revision: `kagari/r-${i}` as const, percent }));
      table.replace([{ host: 'h', visibility: 'external', targets }]);
      const counts = new Map<string, number>();
      for (let i = 0; i < requests; i++) {
        const key = table.pick('h', 'external') ?? '';
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      const total = percents.reduce((a, b) => a + b);
      for (const { revision, percent } of targets)
        expect(Math.abs((counts.get(revision) ?? 0) - (requests * percent) / total)).toBeLessThan(
          percents.length,
        );
    }),
  );
});

it('shows a cluster-local host to the inside only, and a revision of zero percent to nobody', () => {
  const table = createRouteTable();
  const targets = [
    { revision: 'kagari/a' as const, percent: 0 },
    { revision: 'kagari/b' as const, percent: 100 },
  ];
  table.replace([{ host: 'inner', visibility: 'cluster-local', targets }]);
  expect(table.pick('inner', 'external')).toBeUndefined();
  expect(Array.from({ length: 20 }, () => table.pick('inner', 'internal'))).toEqual(
    Array(20).fill('kagari/b'),
  );
});

it('lets a route that stays keep its turn while others change', () => {
  const table = createRouteTable();
  const split = {
    host: 'h',
    visibility: 'external' as const,
    targets: [
      { revision: 'kagari/a' as const, percent: 50 },
      { revision: 'kagari/b' as const, percent: 50 },
    ],
  };
  table.replace([split]);
  const first = table.pick('h', 'external');
  table.replace([split, { ...split, host: 'other' }]);
  expect(table.pick('h', 'external')).not.toBe(first);
});
