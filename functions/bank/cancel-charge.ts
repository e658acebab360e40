import { Problem } from '../kit/problem.ts';
import type { Charge } from './charge.ts';
import type { ChargeStore } from './charge-store.ts';

/** Cancels the charge unless it has ended; answers it as it ended. */
export const cancelCharge = async (charges: ChargeStore, paymentId: string): Promise<Charge> => {
  const charge = (await charges.cancel(paymentId)) ?? (await charges.find(paymentId));
  if (!charge) throw new Problem('internal', 'Something failed here; it was logged.');
  return charge;
};
