import type { Outbox } from '../../eventing/outbox/outbox.ts';
import type { Cause, Store } from './store.ts';

export interface RoundDeps {
  store: Store;
  outbox: Pick<Outbox, 'sweep'>;
  /** Has payments settle what is past its deadline. */
  reconcile: () => Promise<void>;
}

/** A living function publishes its own events within seconds: what is older was left by a dead one. */
const graceMs = 5_000;
const mostEvents = 5_000;

/**
 * Writes the heartbeat, then publishes what dead processes left and has overdue payments settled. One that fails does
 * not keep the other from its work; throws the first failure.
 */
export const makeRound = async ({ store, outbox, reconcile }: RoundDeps, cause: Cause): Promise<void> => {
  await store.beat(cause);
  const results = await Promise.allSettled([
    outbox.sweep({ olderThanMs: graceMs, limit: mostEvents }),
    reconcile(),
  ]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
};
