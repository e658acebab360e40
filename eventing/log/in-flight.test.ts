import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createInFlight } from './in-flight.ts';

const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('begin' as const), gap: fc.nat({ max: 3 }) }),
    fc.record({ do: fc.constant('finish' as const), which: fc.nat() }),
    fc.record({ do: fc.constant('skip' as const), by: fc.nat({ max: 5 }) }),
  ),
  { maxLength: 200 },
);

test('what may be committed passes no record in hand, never goes back, and reaches the end when all is done', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 1n << 40n }), steps, (start, run) => {
      const inFlight = createInFlight(start);
      const inHand: bigint[] = [];
      let next = start;
      let before = start;
      for (const step of run) {
        if (step.do === 'begin') {
          next += BigInt(step.gap);
          inFlight.begin(next);
          inHand.push(next);
          next += 1n;
        } else if (step.do === 'finish') {
          const [offset] = inHand.splice(step.which % Math.max(inHand.length, 1), 1);
          if (offset !== undefined) inFlight.finish(offset);
        } else {
          next += BigInt(step.by);
          inFlight.skipTo(next);
        }
        expect(inFlight.committable).toBe(
          inHand.reduce((least, offset) => (offset < least ? offset : least), next),
        );
        expect(inFlight.committable >= before).toBe(true);
        expect(inFlight.size).toBe(inHand.length);
        expect(inFlight.span).toBe(Number(next - inFlight.committable));
        before = inFlight.committable;
      }
      for (const offset of inHand) inFlight.finish(offset);
      expect(inFlight.committable).toBe(next);
    }),
  );
});

test('an offset that begins out of order is refused', () => {
  const inFlight = createInFlight(5n);
  inFlight.begin(7n);
  expect(() => inFlight.begin(7n)).toThrow(RangeError);
});
