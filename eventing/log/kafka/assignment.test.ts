import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeMember, heldBy, readShare, share, writeShare } from './assignment.ts';

const members = fc.dictionary(fc.uuid(), fc.uniqueArray(fc.nat({ max: 20 }), { maxLength: 12 }), {
  minKeys: 1,
  maxKeys: 6,
});

test('every partition has one holder, shares differ by at most one, and nobody gives away what fits its share', () => {
  fc.assert(
    fc.property(members, fc.integer({ min: 1, max: 16 }), (held, partitions) => {
      const shares = share(new Map(Object.entries(held)), partitions);
      const all = [...shares.values()].flat();
      expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, i) => i));
      const sizes = [...shares.values()].map((mine) => mine.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});

test('shares that stand stay as they are', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 16 }), (count, partitions) => {
      const first = share(new Map(Array.from({ length: count }, (_, i) => [`m${i}`, []])), partitions);
      const again = share(first, partitions);
      for (const [id, mine] of first) expect(new Set(again.get(id))).toEqual(new Set(mine));
    }),
  );
});

test('what a member says of itself, and its share, come through', () => {
  expect(heldBy(describeMember('t', [3, 1]))).toEqual([3, 1]);
  expect(heldBy(Buffer.from('garbage'))).toEqual([]);
  expect(readShare('t', writeShare('t', [0, 7]))).toEqual([0, 7]);
  expect(readShare('t', Buffer.alloc(0))).toEqual([]);
});
