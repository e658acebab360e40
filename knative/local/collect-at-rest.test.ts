import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createFakePods } from './api/testing/fake-pods.ts';
import { collectAtRest } from './collect-at-rest.ts';

const afterMs = 20;
const garbage = () => new WeakRef({ big: new Array(1_000).fill(0) });
/** An expectation would keep the object itself. */
const isThere = (ref: WeakRef<object>) => ref.deref() !== undefined;

it('collects when the last pod has gone, not while one is there, and not when it is stopped', async () => {
  const pods = createFakePods();
  const stop = collectAtRest(pods, afterMs);
  const [first, second] = [pods.start('kagari/a-00001', 'a'), pods.start('kagari/b-00001', 'b')];
  const left = garbage();
  await sleep(1);
  first.vanish();
  await sleep(5 * afterMs);
  expect(isThere(left)).toBe(true);
  second.vanish();
  await sleep(5 * afterMs);
  expect(isThere(left)).toBe(false);

  const kept = garbage();
  await sleep(1);
  pods.start('kagari/a-00001', 'a').vanish();
  stop();
  await sleep(5 * afterMs);
  expect(isThere(kept)).toBe(true);
});
