import type { Log } from '../../kit/log.ts';
import type { Leases } from './leases.ts';

export interface InTimeOptions {
  shared: Leases;
  /** Of this pod alone. */
  local: Leases;
  log: Log;
  now?: () => number;
  answerWithinMs?: number;
  askAgainAfterMs?: number;
}

/** Shared leases as long as they come in time; each pod's own while they do not: limits are no reason for an outage. */
export const createLeasesInTime = ({
  shared,
  local,
  log,
  now = Date.now,
  answerWithinMs = 1_000,
  askAgainAfterMs = 5_000,
}: InTimeOptions): { take: Leases; isShared: () => boolean } => {
  let awayUntil = 0;

  const give = async (err: unknown) => {
    if (now() >= awayUntil) log.warn({ err }, 'limits are held by this pod alone for now');
    awayUntil = now() + askAgainAfterMs;
  };

  return {
    isShared: () => now() >= awayUntil,
    async take(lease) {
      if (now() < awayUntil) return local(lease);
      try {
        return await within(answerWithinMs, shared(lease));
      } catch (error) {
        await give(error);
        return local(lease);
      }
    },
  };
};

const within = async <T>(ms: number, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};
