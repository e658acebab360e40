import type { Outbox } from '../../eventing/outbox/outbox.ts';
import { createDueLoop, type DueLoop } from '../kit/due-loop.ts';
import type { Log } from '../kit/log.ts';
import { dropOld, type Retention } from './drop-old.ts';
import type { Cause, Store } from './store.ts';

export interface RoundDeps {
  store: Store;
  outbox: Pick<Outbox, 'sweep'>;
  /** Has payments settle what is past its deadline. */
  reconcile: () => Promise<void>;
  retention: Retention;
}

/** A living function publishes its own events within seconds: what is older was left by a dead one. */
const graceMs = 5_000;
const mostEvents = 5_000;

/**
 * Writes the heartbeat, then publishes what dead processes left, has overdue payments settled, and drops what is old. One
 * that fails does not keep the others from their work; throws the first failure.
 */
export const makeRound = async (
  { store, outbox, reconcile, retention }: RoundDeps,
  cause: Cause,
): Promise<void> => {
  await store.beat(cause);
  const results = await Promise.allSettled([
    outbox.sweep({ olderThanMs: graceMs, limit: mostEvents }),
    reconcile(),
    dropOld(store, retention),
  ]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
};

/** A round at start, repeated until it succeeds, and a second one: what died with this worker's forerunner was held then. */
export const createFirstRounds = (deps: RoundDeps, log: Log, secondAfterMs = 12_000): DueLoop => {
  const secondAt = Date.now() + secondAfterMs;
  return createDueLoop({
    name: 'a round',
    log,
    run: async () => {
      await makeRound(deps, 'start');
      return Date.now() < secondAt ? new Date(secondAt) : undefined;
    },
  });
};
