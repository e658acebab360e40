import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PageQuery, pageOf, startOf } from './page.ts';

const below = (ids: string[], start: string, count: number) =>
  ids
    .filter((id) => id < start)
    .sort()
    .reverse()
    .slice(0, count)
    .map((id) => ({ id }));

/** Above all that fast-check makes, which has a version of 8 at most. */
const newest = 'ffffffff-ffff-ffff-bfff-ffffffffffff';

describe('pages', () => {
  test('following the cursors meets every row once, in order, also when rows come in between', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.uuid(), { maxLength: 40 }),
        fc.integer({ min: 1, max: 10 }),
        (ids, limit) => {
          const met: string[] = [];
          let all = [...ids];
          for (let cursor: string | null = null; ; ) {
            const query = PageQuery.parse({ limit: String(limit), ...(cursor && { cursor }) });
            const page = pageOf(below(all, startOf(query), query.limit + 1), query);
            met.push(...page.items.map(({ id }) => id));
            all = [newest, ...all];
            if (!page.nextCursor) break;
            cursor = page.nextCursor;
          }
          expect(met).toEqual([...ids].sort().reverse());
        },
      ),
    );
  });

  test.each([
    ['limit', '0'],
    ['limit', '101'],
    ['limit', '1.5'],
    ['limit', 'many'],
    ['limit', ''],
    ['cursor', 'short'],
    ['cursor', '018f0000-0000-7000-8000'],
    ['page', '2'],
  ])('%s=%s is refused', (name, value) => {
    expect(PageQuery.safeParse({ [name]: value }).success).toBe(false);
  });

  test('every cursor of the right shape is some place in the list, never an error', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\w-]{22}$/), (cursor) => {
        expect(startOf({ cursor })).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      }),
    );
  });
});
