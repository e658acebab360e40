import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Grant, Leases } from './leases.ts';
import { creditOf, type Limit, leaseOf } from './limit.ts';
import { createLimiter, type Limiter } from './limiter.ts';
import { createLocalLeases } from './local-leases.ts';

/** Pods over one bucket, whose answers take as long as the test likes. */
const createWorld = (podCount: number) => {
  let time = 0;
  const now = () => time;
  const bucket = createLocalLeases(now);
  const waiting: (() => void)[] = [];
  /** The bucket hears of a lease, or the pod of its answer, when its turn comes. */
  const slowly: Leases = async (lease) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    const grant: Grant = await bucket(lease);
    await new Promise<void>((resolve) => waiting.push(resolve));
    return grant;
  };
  const pods: Limiter[] = Array.from({ length: podCount }, () => createLimiter(slowly, now));
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    pods,
    now,
    wait: (ms: number) => {
      time += ms;
    },
    async goOn(which: number) {
      waiting.splice(which % Math.max(1, waiting.length), 1)[0]?.();
      await settle();
    },
    async goOnToTheEnd() {
      while (waiting.length > 0) await this.goOn(0);
    },
    settle,
  };
};

const step = (pods: number) =>
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('ask' as const),
        pod: fc.nat(pods - 1),
        times: fc.integer({ min: 1, max: 30 }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('go on' as const), which: fc.nat(20) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3_000 }) }),
    },
  );

const scenario = fc
  .record({
    podCount: fc.integer({ min: 1, max: 4 }),
    capacity: fc.constantFrom(8, 30, 400, 1_000),
    seconds: fc.constantFrom(1, 5),
  })
  .chain((settings) =>
    fc
      .array(step(settings.podCount), { minLength: 20, maxLength: 150 })
      .map((steps) => ({ ...settings, steps })),
  );

/** What may pass beyond the bucket's own arithmetic: leases in hand, and credit twice. */
const slack = (limit: Limit, pods: number) => pods * (leaseOf(limit) + 2 * creditOf(limit));

it('14: over all pods no span of time sees more requests than the limit and two leases a pod', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ podCount, capacity, seconds, steps }) => {
      const limit = { capacity, seconds };
      const world = createWorld(podCount);
      const passed: number[] = [];
      for (const given of steps) {
        if (given.kind === 'wait') world.wait(given.ms);
        else if (given.kind === 'go on') await world.goOn(given.which);
        else
          for (let i = 0; i < given.times; i++)
            Promise.resolve(world.pods[given.pod]?.take('me', limit)).then((verdict) => {
              if (!verdict) passed.push(world.now());
            });
        await world.settle();
      }
      await world.goOnToTheEnd();
      for (const [i, from] of passed.entries())
        for (const to of new Set(passed.slice(i))) {
          const within = passed.slice(i).filter((at) => at <= to).length;
          const most = capacity + ((to - from) / 1000 / seconds) * capacity + slack(limit, podCount);
          expect(within).toBeLessThanOrEqual(most + 1e-6);
        }
    }),
    { numRuns: 150 },
  );
});

it('15: below the limit nobody is refused, however the pods share the requests', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(2), { minLength: 50, maxLength: 400 }), async (pods) => {
      const world = createWorld(3);
      // Each pod may hold a lease that another one would need.
      const limit = { capacity: 1_000, seconds: 10 };
      for (const pod of pods) {
        world.wait(11);
        const verdict = Promise.resolve(world.pods[pod]?.take('me', limit));
        await world.goOnToTheEnd();
        expect(await verdict).toBeUndefined();
      }
    }),
    { numRuns: 30 },
  );
});

it('16: a refusal says when it ends, and then it does', async () => {
  const world = createWorld(1);
  const limit = { capacity: 10, seconds: 10 };
  const ask = async () => {
    const verdict = Promise.resolve(world.pods[0]?.take('me', limit));
    await world.goOnToTheEnd();
    return verdict;
  };
  while (!(await ask()));
  const { waitMs } = (await ask()) ?? { waitMs: 0 };
  expect(waitMs).toBeGreaterThan(0);
  expect(waitMs).toBeLessThanOrEqual(2_000);
  world.wait(waitMs - 1);
  expect(await ask()).toBeDefined();
  world.wait(1);
  expect(await ask()).toBeUndefined();
});

it('17: who is known and below the limit never waits: one lease is asked for while another is spent', async () => {
  const asked: number[] = [];
  let time = 0;
  const limiter = createLimiter(
    async ({ wanted }) => {
      asked.push(wanted);
      return { granted: wanted, waitMs: 0 };
    },
    () => time,
  );
  const limit = { capacity: 10_000, seconds: 10 };
  for (let i = 0; i < 1_000; i++) {
    expect(limiter.take('me', limit)).toBeUndefined();
    time++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(asked.length).toBeLessThan(25);
});

it('a bucket that cannot be asked lets nobody wait for ever: the failure is the caller’s to see', async () => {
  const limiter = createLimiter(() => Promise.reject(new Error('away')));
  const limit = { capacity: 100, seconds: 10 };
  expect(limiter.take('me', limit)).toBeUndefined();
  await expect(limiter.take('me', limit)).rejects.toThrow('away');
});
