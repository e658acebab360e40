import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RevisionKey } from '../serving/ports.ts';
import { createRouteTable, hostName } from './route-table.ts';

const key = (name: string): RevisionKey => `test/${name}`;
const to = (name: string) => [{ revision: key(name), percent: 100 }];
const chosen = (table: ReturnType<typeof createRouteTable>, host: string) => table.find(host)?.choose();

describe('shares', () => {
  const shares = fc
    .array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 4 })
    .map((cuts) => [0, ...cuts.sort((a, b) => a - b), 100])
    .map((cuts) =>
      cuts.slice(1).map((cut, i) => ({ revision: key(`r-${i}`), percent: cut - (cuts[i] ?? 0) })),
    );

  it('are exact over every hundred requests', () => {
    fc.assert(
      fc.property(shares, (targets) => {
        const table = createRouteTable();
        table.put('test/shop', [{ host: 'shop', public: true, targets }]);
        for (let hundred = 0; hundred < 3; hundred++) {
          const got = Array.from({ length: 100 }, () => chosen(table, 'shop'));
          for (const { revision, percent } of targets)
            expect(got.filter((one) => one === revision)).toHaveLength(percent);
        }
      }),
    );
  });

  it('come in no order that repeats', () => {
    const table = createRouteTable();
    const targets = [
      { revision: key('old'), percent: 50 },
      { revision: key('new'), percent: 50 },
    ];
    table.put('test/shop', [{ host: 'shop', public: true, targets }]);
    const hundred = () => Array.from({ length: 100 }, () => chosen(table, 'shop')).join();
    expect(new Set([hundred(), hundred(), hundred()]).size).toBe(3);
  });

  it('go on where they were when something else of the owner changes', () => {
    const table = createRouteTable();
    const targets = [
      { revision: key('old'), percent: 99 },
      { revision: key('new'), percent: 1 },
    ];
    const got = Array.from({ length: 100 }, (_, i) => {
      table.put('test/shop', [{ host: 'shop', public: i % 2 === 0, targets }]);
      return chosen(table, 'shop');
    });
    expect(got.filter((one) => one === key('new'))).toHaveLength(1);
  });
});

it('gives a host to its first owner, and to the next when that one lets it go', () => {
  const table = createRouteTable();
  expect(table.put('a/one', [{ host: 'shop', public: true, targets: to('one') }])).toEqual([]);
  const wanted = [
    { host: 'shop', public: true, targets: to('two') },
    { host: 'own', public: false, targets: to('two') },
  ];
  expect(table.put('b/two', wanted)).toEqual(['shop']);
  expect([chosen(table, 'shop'), chosen(table, 'own')]).toEqual([key('one'), key('two')]);
  table.put('a/one', []);
  expect(table.put('b/two', wanted)).toEqual([]);
  expect(chosen(table, 'shop')).toBe(key('two'));
  table.remove('b/two');
  expect(table.find('own')).toBeUndefined();
});

it('finds a host whatever its case, port or final dot', () => {
  const table = createRouteTable();
  table.put('a/shop', [{ host: 'Shop.test.localhost', public: true, targets: to('shop') }]);
  for (const host of ['shop.test.localhost', 'SHOP.test.localhost:8080', 'shop.test.localhost.'])
    expect(chosen(table, host)).toBe(key('shop'));
  expect(hostName('[::1]:8080')).toBe('[::1]');
});

it('chooses nobody where no revision is ready', () => {
  const table = createRouteTable();
  table.put('a/shop', [{ host: 'shop', public: true, targets: [] }]);
  expect(table.find('shop')?.choose()).toBeUndefined();
});
