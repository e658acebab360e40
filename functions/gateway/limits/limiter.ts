import type { Leases } from './leases.ts';
import { creditOf, type Limit, leaseOf } from './limit.ts';

/** Undefined: it may pass. Else how long to wait. */
export type Verdict = { waitMs: number } | undefined;

export type Limiter = ReturnType<typeof createLimiter>;

/** What this pod knows of one caller. */
interface Purse {
  /** Tokens leased and not spent. */
  left: number;
  /** Requests let pass on credit, not paid yet. */
  owed: number;
  /** Nobody has asked the bucket yet. */
  fresh: boolean;
  /** The bucket is empty until then. */
  emptyUntil: number;
  asking: Promise<void> | undefined;
  usedAt: number;
}

const rememberedCallers = 20_000;

/**
 * Limits callers over all pods: tokens come in small leases from shared buckets. Who is known pays no round trip: the
 * next lease is asked for while half of the last is left. Who is not known has a small credit meanwhile.
 */
export const createLimiter = (leases: Leases, now: () => number = Date.now) => {
  const purses = new Map<string, Purse>();

  const purseOf = (key: string, limit: Limit): Purse => {
    const known = purses.get(key);
    // Left alone for so long its bucket is full again, and its caller as good as new.
    if (known && (known.asking || now() - known.usedAt < limit.seconds * 1000)) return known;
    const purse: Purse = { left: 0, owed: 0, fresh: true, emptyUntil: 0, asking: undefined, usedAt: now() };
    purses.delete(key);
    purses.set(key, purse);
    if (purses.size > rememberedCallers) purses.delete(purses.keys().next().value as string);
    return purse;
  };

  const ask = (key: string, limit: Limit, purse: Purse): Promise<void> => {
    purse.asking ??= (async () => {
      // Once more for what passed on credit meanwhile.
      do {
        const { owed } = purse;
        const { granted, waitMs } = await leases({ key, limit, owed, wanted: leaseOf(limit) - purse.left });
        purse.owed -= owed;
        purse.left += granted;
        purse.fresh = false;
        if (granted === 0) purse.emptyUntil = now() + Math.max(1, waitMs);
      } while (purse.owed > 0);
    })().finally(() => {
      purse.asking = undefined;
    });
    return purse.asking;
  };

  const spend = (key: string, limit: Limit, purse: Purse): boolean => {
    const onCredit = purse.left === 0 && purse.fresh && purse.owed < creditOf(limit);
    if (purse.left === 0 && !onCredit) return false;
    if (onCredit) purse.owed++;
    else purse.left--;
    // A failure shows where somebody waits for it.
    if (purse.left <= leaseOf(limit) / 2 && now() >= purse.emptyUntil) ask(key, limit, purse).catch(() => {});
    return true;
  };

  const spendOrWait = async (key: string, limit: Limit, purse: Purse): Promise<Verdict> => {
    for (;;) {
      if (spend(key, limit, purse)) return undefined;
      if (now() < purse.emptyUntil) return { waitMs: purse.emptyUntil - now() };
      await ask(key, limit, purse);
    }
  };

  return {
    /** At once, unless this caller's tokens are just being asked for. */
    take(key: string, limit: Limit): Verdict | Promise<Verdict> {
      const purse = purseOf(key, limit);
      purse.usedAt = now();
      return spend(key, limit, purse) ? undefined : spendOrWait(key, limit, purse);
    },
  };
};
