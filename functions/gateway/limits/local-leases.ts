import type { Leases } from './leases.ts';

const rememberedBuckets = 20_000;

/** Buckets of this process alone: the same arithmetic as gateway.lease in the database. */
export const createLocalLeases = (now: () => number = Date.now): Leases => {
  const buckets = new Map<string, { tokens: number; at: number }>();

  return async ({ key, limit: { capacity, seconds }, owed, wanted }) => {
    const at = now();
    const { tokens, at: seen } = buckets.get(key) ?? { tokens: capacity, at };
    const full = Math.min(capacity, tokens + (Math.max(0, at - seen) / 1000 / seconds) * capacity);
    const granted = Math.max(0, Math.min(wanted, Math.floor(full - owed)));
    const left = full - owed - granted;
    // The one that was used longest ago goes first.
    buckets.delete(key);
    buckets.set(key, { tokens: left, at });
    if (buckets.size > rememberedBuckets) buckets.delete(buckets.keys().next().value as string);
    return { granted, waitMs: ((Math.max(0, 1 - left) * seconds) / capacity) * 1000 };
  };
};
