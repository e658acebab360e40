import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDueLoop, type DueLoopOptions } from './due-loop.ts';
import { createLog } from './log.ts';
import { currentTraceId, inTrace } from './trace.ts';

const log = createLog({ service: 'test', revision: 'test', level: 'silent' });
const loopOf = (run: DueLoopOptions['run'], more: Partial<DueLoopOptions> = {}) =>
  createDueLoop({ name: 'a test', run, log, ...more });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('looks at start for what is due, and then when the next thing is', async () => {
  const runs: number[] = [];
  const started = Date.now();
  const loop = loopOf(async () => {
    runs.push(Date.now() - started);
    return runs.length < 3 ? new Date(Date.now() + 1_000) : undefined;
  });
  loop.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(runs).toEqual([0, 1_000, 2_000]);
  await loop.stop();
});

test('an earlier wake-up comes earlier, a later one changes nothing', async () => {
  const runs: number[] = [];
  const started = Date.now();
  const loop = loopOf(async () => {
    runs.push(Date.now() - started);
    return runs.length === 1 ? new Date(started + 5_000) : undefined;
  });
  loop.start();
  await vi.advanceTimersByTimeAsync(1);
  loop.wakeAt(new Date(started + 9_000));
  loop.wakeAt(new Date(started + 2_000));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(runs).toEqual([0, 2_000]);
  await loop.stop();
});

test('a wake-up during a run is looked at after it, never beside it', async () => {
  let running = 0;
  let most = 0;
  let runs = 0;
  const loop = loopOf(async () => {
    most = Math.max(most, ++running);
    runs++;
    await new Promise((resolve) => setTimeout(resolve, 100));
    running--;
    return undefined;
  });
  loop.start();
  await vi.advanceTimersByTimeAsync(50);
  loop.wakeAt(new Date());
  await vi.advanceTimersByTimeAsync(1_000);
  expect({ runs, most }).toEqual({ runs: 2, most: 1 });
  await loop.stop();
});

test('each run is a trace of its own, whoever asked for it', async () => {
  const traces: (string | undefined)[] = [];
  const loop = loopOf(async () => {
    traces.push(currentTraceId());
    return undefined;
  });
  loop.start();
  await vi.advanceTimersByTimeAsync(1);
  await inTrace(undefined, async () => {
    traces.push(currentTraceId());
    loop.wakeAt(new Date());
    await vi.advanceTimersByTimeAsync(1);
  });
  expect(traces).toEqual(Array(3).fill(expect.stringMatching(/^[0-9a-f]{32}$/)));
  expect(new Set(traces).size).toBe(3);
  await loop.stop();
});

test('a failing run is repeated with growing pauses until it succeeds, then afresh', async () => {
  const runs: number[] = [];
  const started = Date.now();
  const loop = loopOf(
    async () => {
      runs.push(Date.now() - started);
      if (runs.length !== 5) throw new Error('down');
      return new Date(Date.now() + 10_000);
    },
    { firstRetryMs: 100, maxRetryMs: 300 },
  );
  loop.start();
  await vi.advanceTimersByTimeAsync(10_950);
  expect(runs).toEqual([0, 100, 300, 600, 900, 10_900]);
  await loop.stop();
});

test('stops: no run begins after it, and it waits for the one in hand', async () => {
  let ended = false;
  let runs = 0;
  const loop = loopOf(async () => {
    runs++;
    await new Promise((resolve) => setTimeout(resolve, 100));
    ended = true;
    return new Date();
  });
  loop.start();
  await vi.advanceTimersByTimeAsync(10);
  const stopped = loop.stop();
  loop.wakeAt(new Date());
  await vi.advanceTimersByTimeAsync(100);
  await stopped;
  expect(ended).toBe(true);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(runs).toBe(1);
});

test('a time beyond what a timer can hold is waited for in parts', async () => {
  const far = Date.now() + 40 * 86_400_000;
  let runs = 0;
  const loop = loopOf(async () => {
    runs++;
    return Date.now() < far ? new Date(far) : undefined;
  });
  loop.start();
  await vi.advanceTimersByTimeAsync(39 * 86_400_000);
  expect(runs).toBeLessThan(4);
  await vi.advanceTimersByTimeAsync(2 * 86_400_000);
  expect(Date.now()).toBeGreaterThan(far);
  expect(runs).toBeLessThan(5);
  await loop.stop();
});
