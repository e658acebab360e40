import type { Transact, Write } from '../kit/inbox.ts';
import type { Bank } from './bank.ts';
import { eachOf } from './each-of.ts';
import { settlePayment } from './settle-payment.ts';
import type { Store } from './store.ts';

export interface SettleDeps {
  store: Store;
  bank: Bank;
  transaction: Transact;
  write: Write;
}

/**
 * Has the bank end each payment that is past its deadline, at most `limit`, and settles it by the answer. Safe to run
 * several times at once. Answers how many are settled; throws the first failure when all have been tried.
 */
export const settleOverdue = async (deps: SettleDeps, limit: number): Promise<number> => {
  const { store, bank } = deps;
  const overdue = await store.overdue(limit);
  await eachOf(overdue, async (paymentId) => {
    await settlePayment(deps, await bank.cancel(paymentId));
  });
  return overdue.length;
};
