import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareOf } from './share.ts';

test('every partition belongs to exactly one member, and shares differ by at most one', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 100 }),
      (members, partitions) => {
        const shares = members.map((me) => [...shareOf(me, members, partitions)]);
        expect(shares.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, p) => p));
        const sizes = shares.map((share) => share.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      },
    ),
  );
});

test('who is no member has no share', () => {
  expect(shareOf(7, [1, 2], 10).size).toBe(0);
});
