import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLoad } from './load.ts';

const windowMs = 6_000;

/** Moments of arrival and the time each request takes. */
const requests = fc.array(
  fc.record({ at: fc.integer({ min: 1_000_000, max: 1_020_000 }), ms: fc.integer({ min: 0, max: 9_000 }) }),
  { minLength: 1, maxLength: 25 },
);

const play = (all: { at: number; ms: number }[], now: number) => {
  const load = createLoad(windowMs);
  const steps = all.flatMap(({ at, ms }) => [
    { at, go: () => load.enter(at) },
    { at: at + ms + 0.5, go: () => load.exit(at + ms + 0.5) },
  ]);
  for (const { at, go } of steps.sort((a, b) => a.at - b.at)) if (at <= now) go();
  return load;
};

it('averages what was busy over the window, as a slow and plain count does', () => {
  fc.assert(
    fc.property(
      requests,
      fc.integer({ min: 0, max: 4_000 }),
      fc.constantFrom(1_000, 2_000, 6_000),
      (all, later, window) => {
        const first = Math.min(...all.map(({ at }) => at));
        const now = Math.max(...all.map(({ at }) => at)) + later;
        // A history that has a gap of a window begins anew: averages of that are another property's.
        const sorted = [...all].sort((a, b) => a.at - b.at);
        let busyUntil = 0;
        for (const { at, ms } of sorted) {
          fc.pre(busyUntil === 0 || at - busyUntil <= windowMs);
          busyUntil = Math.max(busyUntil, at + ms + 0.5);
        }
        fc.pre(now - busyUntil <= windowMs);
        const start = Math.max((Math.floor((now - window) / 1000) + 1) * 1000, first);
        const area = all.reduce(
          (sum, { at, ms }) => sum + Math.max(0, Math.min(now, at + ms + 0.5) - Math.max(start, at)),
          0,
        );
        const average = play(all, now).average(window, now);
        expect(average?.concurrency).toBeCloseTo(area / Math.max(1_000, now - start), 6);
      },
    ),
    { numRuns: 300 },
  );
});

it('never has less than nobody, and nobody after the last has gone', () => {
  fc.assert(
    fc.property(requests, (all) => {
      const load = play(all, Number.POSITIVE_INFINITY);
      expect(load.concurrency).toBe(0);
      const end = Math.max(...all.map(({ at, ms }) => at + ms + 0.5));
      expect(load.lastBusy(end + 5)).toBe(end);
      expect(load.average(windowMs, end + windowMs + 1)).toBeUndefined();
    }),
  );
});

it('counts requests a second', () => {
  const load = createLoad(60_000);
  for (let i = 0; i < 500; i++) {
    load.enter(1_000_000 + i * 20);
    load.exit(1_000_005 + i * 20);
  }
  expect(load.average(60_000, 1_010_000)?.rps).toBeCloseTo(50, 0);
  expect(load.average(6_000, 1_010_000)?.rps).toBeCloseTo(50, 0);
});

it('begins anew after a whole window without a request', () => {
  const load = createLoad(windowMs);
  load.enter(1_000_000);
  load.exit(1_005_000);
  load.enter(1_100_000);
  expect(load.average(windowMs, 1_102_000)?.concurrency).toBe(1);
  expect(load.lastBusy(1_102_000)).toBe(1_102_000);
});

it('knows of no load where none ever was', () => {
  const load = createLoad(windowMs);
  expect(load.average(windowMs, 1_000_000)).toBeUndefined();
  expect(load.lastBusy(1_000_000)).toBeUndefined();
});
