import { createDueLoop, type DueLoop } from '../kit/due-loop.ts';
import type { Transact } from '../kit/inbox.ts';
import type { Log } from '../kit/log.ts';
import type { Bank } from './bank.ts';
import { settlePayment } from './settle-payment.ts';
import type { Store } from './store.ts';

export interface OverdueDeps {
  store: Store;
  bank: Bank;
  transaction: Transact;
}

const batch = 200;
const atOnce = 4;

/**
 * Has the bank end each payment that is past its deadline, and settles it by the answer. Safe to run several times at
 * once. Answers how many are settled; throws the first failure when all have been tried.
 */
export const settleOverdue = async ({ store, bank, transaction }: OverdueDeps): Promise<number> => {
  const overdue = await store.overdue(batch);
  const waiting = overdue.values();
  const failures: unknown[] = [];

  const settleNext = async () => {
    for (const paymentId of waiting) {
      try {
        const settlement = await bank.cancel(paymentId);
        await transaction((tx, publish) => settlePayment(tx, publish, settlement));
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, settleNext));

  if (failures.length > 0) throw failures[0];
  return overdue.length;
};

/** Runs settleOverdue at start and when the next deadline comes. */
export const createDeadlines = (deps: OverdueDeps, log: Log): DueLoop =>
  createDueLoop({
    name: 'the settling of overdue payments',
    log,
    run: async () => {
      await settleOverdue(deps);
      return deps.store.nextDeadline();
    },
  });
