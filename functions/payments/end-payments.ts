import { createDueLoop, type DueLoop } from '../kit/due-loop.ts';
import type { Log } from '../kit/log.ts';
import { settleCancelled } from './settle-cancelled.ts';
import { type SettleDeps, settleOverdue } from './settle-overdue.ts';

const batch = 200;

/**
 * Ends what is due: payments past their deadline, and those of cancelled orders. One kind that fails does not keep the
 * other from its end. Answers how many were due; throws the first failure.
 */
export const endPayments = async (deps: SettleDeps): Promise<number> => {
  const results = await Promise.allSettled([settleOverdue(deps, batch), settleCancelled(deps, batch)]);
  let ended = 0;
  for (const result of results) {
    if (result.status === 'rejected') throw result.reason;
    ended += result.value;
  }
  return ended;
};

/**
 * Runs endPayments at start, when the next deadline comes, and when an order is cancelled. A bank that is back is asked
 * soon, and a few lost calls put nobody’s deadline off for long: `maxRetryMs`.
 */
export const createDeadlines = (deps: SettleDeps, log: Log, maxRetryMs = 2_000): DueLoop =>
  createDueLoop({
    name: 'the ending of due payments',
    log,
    maxRetryMs,
    run: async () => {
      const ended = await endPayments(deps);
      // What was settled just now, or did not fit the batch, may have a refund to come.
      return ended > 0 ? new Date() : deps.store.nextDeadline();
    },
  });
