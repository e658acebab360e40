import { conflict, notFound } from '../kit/problem.ts';
import type { Charge } from './charge.ts';
import type { ChargeStore } from './charge-store.ts';

/** Gives back what was captured; a charge that is refunded stays so. Throws 404, and 409 where nothing was captured. */
export const refundCharge = async (charges: ChargeStore, paymentId: string): Promise<Charge> => {
  const charge = (await charges.refund(paymentId)) ?? (await charges.find(paymentId));
  if (!charge) throw notFound();
  if (charge.status !== 'refunded') throw conflict('nothing-captured', `The charge is ${charge.status}.`);
  return charge;
};
