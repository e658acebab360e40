import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds before try `n` (from 1) is repeated: doubling from `first` up to `most`, spread by a quarter. */
export const backoff = (n: number, { first = 50, most = 2_000 } = {}): number =>
  Math.min(first * 2 ** Math.min(n - 1, 30), most) * (0.75 + Math.random() / 4);

/** Resolves after `ms`, or earlier when `signal` aborts; never rejects. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  sleep(ms, undefined, signal ? { signal } : {}).catch(() => {});
