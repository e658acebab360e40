import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RevisionSpec, Scaling } from '../ports.ts';
import { bounded, zeroAllowed } from './bounds.ts';
import { decide, type Memory, noMemory, panicWindowOf, type Rules, type Seen, targetOf } from './decide.ts';

const rules: Rules = {
  target: 10,
  activationScale: 1,
  windowMs: 60_000,
  panicThreshold: 2,
  scaleDownDelayMs: 0,
};
const see = (stable: number, panic = stable, ready = 1, now = 0): Seen => ({ now, ready, stable, panic });
const pods = (seen: Seen, with_: Partial<Rules> = {}, memory = noMemory) =>
  decide({ ...rules, ...with_ }, memory, seen).pods;

/** A course of ticks, 2 s apart; what is decided is ready at the next tick. */
const courses = fc.array(
  fc.record({
    stable: fc.float({ min: 0, max: 500, noNaN: true }),
    panic: fc.float({ min: 0, max: 500, noNaN: true }),
  }),
  {
    minLength: 1,
    maxLength: 60,
  },
);
const follow = (course: { stable: number; panic: number }[], with_: Partial<Rules> = {}) => {
  let memory: Memory = noMemory;
  let ready = 1;
  return course.map(({ stable, panic }, i) => {
    const before = { ready, memory };
    const seen = see(stable, panic, ready, i * 2_000);
    const decision = decide({ ...rules, ...with_ }, memory, seen);
    memory = decision.memory;
    ready = decision.pods;
    return { ...before, seen, pods: decision.pods, panicking: decision.memory.panicAt !== undefined };
  });
};

describe("Knative's own arithmetic", () => {
  it.each([
    ['nothing to do', see(0), 0],
    ['a little to do', see(0.01), 1],
    ['exactly one pod', see(10), 1],
    ['a little more', see(10.1, 10.1, 2), 2],
    ['at most a thousandfold', see(1e9, 1e9), 1000],
    ['half at a time on the way down', see(0, 0, 8), 4],
    ['down from one to none', see(0, 0, 1), 0],
  ])('%s', (_, seen, expected) => expect(pods(seen)).toBe(expected));

  it('scales up at least to the activation scale, and leaves zero alone', () => {
    expect(pods(see(1), { activationScale: 4 })).toBe(4);
    expect(pods(see(0), { activationScale: 4 })).toBe(0);
  });

  it('panics at twice what the ready pods carry, and stops a stable window later', () => {
    const first = decide(rules, noMemory, see(1, 20, 1, 0));
    expect(first.pods).toBe(2);
    const still = decide(rules, first.memory, see(1, 1, 2, 60_000));
    expect(still.pods).toBe(2);
    expect(decide(rules, still.memory, see(1, 1, 2, 60_001)).pods).toBe(1);
  });

  it('holds the highest decision of the scale-down delay', () => {
    const delayed = { ...rules, scaleDownDelayMs: 10_000 };
    const up = decide(delayed, noMemory, see(15, 0, 1, 0));
    expect(decide(delayed, up.memory, see(1, 0, 2, 10_000)).pods).toBe(2);
    expect(decide(delayed, up.memory, see(1, 0, 2, 10_001)).pods).toBe(1);
  });
});

describe('whatever the load does', () => {
  it('the number never falls in panic', () => {
    fc.assert(
      fc.property(courses, (course) => {
        const ticks = follow(course);
        for (const [i, tick] of ticks.entries())
          if (tick.panicking && ticks[i - 1]?.panicking)
            expect(tick.pods).toBeGreaterThanOrEqual(ticks[i - 1]?.pods ?? 0);
      }),
    );
  });

  it('it falls at most by half a tick, and rises at most a thousandfold', () => {
    fc.assert(
      fc.property(courses, (course) => {
        for (const { ready, pods } of follow(course)) {
          expect(pods).toBeGreaterThanOrEqual(Math.floor(Math.max(1, ready) / 2));
          expect(pods).toBeLessThanOrEqual(1000 * Math.max(1, ready));
        }
      }),
    );
  });

  it('there are enough pods for the stable load, within what a tick may change', () => {
    fc.assert(
      fc.property(courses, (course) => {
        for (const { seen, pods } of follow(course))
          expect(pods).toBeGreaterThanOrEqual(Math.ceil(seen.stable / rules.target));
      }),
    );
  });

  it('zero is decided only where neither window saw anything, out of panic and of the delay', () => {
    fc.assert(
      fc.property(courses, fc.constantFrom(0, 8_000), (course, scaleDownDelayMs) => {
        for (const { seen, pods, panicking } of follow(course, { scaleDownDelayMs }))
          if (pods === 0) expect([seen.stable, panicking]).toEqual([0, false]);
      }),
    );
  });

  it('more load never means fewer pods', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), fc.nat(50), fc.nat(20), (stable, panic, more, ready) => {
        expect(pods(see(stable + more, panic, ready))).toBeGreaterThanOrEqual(
          pods(see(stable, panic, ready)),
        );
        expect(pods(see(stable, panic + more, ready))).toBeGreaterThanOrEqual(
          pods(see(stable, panic, ready)),
        );
      }),
    );
  });
});

const scaling: Scaling = {
  metric: 'concurrency',
  target: 100,
  targetUtilization: 0.7,
  minScale: 0,
  maxScale: 0,
  initialScale: 1,
  activationScale: 1,
  windowMs: 60_000,
  panicWindowPercentage: 10,
  panicThresholdPercentage: 200,
  scaleDownDelayMs: 0,
  retentionMs: 0,
};
const spec = (containerConcurrency: number, more: Partial<Scaling> = {}) =>
  ({ containerConcurrency, scaling: { ...scaling, ...more } }) as RevisionSpec;

describe('targets', () => {
  it.each([
    ['the default', spec(0), 70],
    ['a percentage', spec(0, { targetUtilization: 70 }), 70],
    ['a hard limit below the target', spec(10), 7],
    ['a target below the hard limit', spec(50, { target: 10, targetUtilization: 1 }), 10],
    ['requests a second, which no hard limit bounds', spec(1, { metric: 'rps', target: 200 }), 140],
    ['never nothing', spec(0, { target: 0.001 }), 0.01],
  ])('%s', (_, given, target) => expect(targetOf(given)).toBeCloseTo(target));

  it('have a panic window of whole seconds', () => {
    expect(panicWindowOf(scaling)).toBe(6_000);
    expect(panicWindowOf({ ...scaling, windowMs: 6_000 })).toBe(1_000);
  });
});

describe('bounds', () => {
  const scales = fc
    .record({ minScale: fc.nat(5), maxScale: fc.nat(5), initialScale: fc.nat(5) })
    .filter(({ minScale, maxScale }) => maxScale === 0 || minScale <= maxScale);

  it('are kept by every number', () => {
    fc.assert(
      fc.property(scales, fc.nat(1_000), fc.boolean(), fc.boolean(), (bounds, wanted, reachable, proven) => {
        const number = bounded(wanted, { ...scaling, ...bounds }, { reachable, proven });
        if (bounds.maxScale > 0) expect(number).toBeLessThanOrEqual(bounds.maxScale);
        if (reachable) expect(number).toBeGreaterThanOrEqual(bounds.minScale);
        if (reachable && !proven)
          expect(number).toBeGreaterThanOrEqual(
            Math.min(bounds.initialScale, bounds.maxScale || Number.POSITIVE_INFINITY),
          );
        if (!reachable) expect(number).toBeLessThanOrEqual(wanted);
      }),
    );
  });

  it('let zero come only after the quiet window and the longer of grace and retention', () => {
    fc.assert(
      fc.property(
        fc.nat(200_000),
        fc.nat(60_000),
        fc.nat(60_000),
        fc.boolean(),
        (quietMs, graceMs, retentionMs, reachable) => {
          const allowed = zeroAllowed({ ...scaling, retentionMs }, { quietMs, graceMs, reachable });
          expect(allowed).toBe(quietMs >= 60_000 + (reachable ? Math.max(graceMs, retentionMs) : graceMs));
        },
      ),
    );
  });
});
