import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createActivity } from './activity.ts';

const log = { info() {}, warn() {}, error() {}, debug() {} };

it('tells the store one thing at a time, and last what was decided last', async () => {
  const step = fc.record({ active: fc.boolean(), turns: fc.nat(3) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 12 }),
      fc.array(fc.boolean(), { maxLength: 12 }),
      async (steps, failures) => {
        let kept = false;
        let telling = 0;
        let most = 0;
        const tell = (now: boolean) => async () => {
          most = Math.max(most, ++telling);
          await new Promise((resolve) => setImmediate(resolve));
          telling--;
          if (failures.pop()) throw new Error('no database');
          kept = now;
        };
        const activity = createActivity('a/b', { markActive: tell(true), markIdle: tell(false) }, log, false);
        const asked: Promise<unknown>[] = [];
        for (const { active, turns } of steps) {
          if (active && !activity.active) asked.push(activity.activate().catch(() => {}));
          if (!active) activity.rest();
          for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
          // Whoever may forward a request is known to the store.
          if (activity.active) expect(kept).toBe(true);
        }
        await Promise.all(asked);
        expect(most).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 100 },
  );
});

it('tells nobody of rest where nobody was told of activity', async () => {
  let told = 0;
  const tell = async () => void told++;
  createActivity('a/b', { markActive: tell, markIdle: tell }, log, false).rest();
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toBe(0);
});

it('asks the store once, however many wait', async () => {
  let told = 0;
  const markActive = async () => void told++;
  const activity = createActivity('a/b', { markActive, markIdle: markActive }, log, false);
  await Promise.all([activity.activate(), activity.activate(), activity.activate()]);
  expect([told, activity.active]).toEqual([1, true]);
});
