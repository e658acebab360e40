import { createDueLoop, type DueLoop } from '../kit/due-loop.ts';
import type { Log } from '../kit/log.ts';
import type { Store } from './store.ts';

const everyMs = 3_600_000;

/** Drops expired Idempotency-Keys, at start and every hour; none counts longer than its 24 hours, dropped or not. */
export const createForgetting = (store: Store, log: Log): DueLoop =>
  createDueLoop({
    name: 'the dropping of expired keys',
    log,
    run: async () => {
      await store.forgetExpiredKeys();
      return new Date(Date.now() + everyMs);
    },
  });
