import { conflict, Problem } from '../kit/problem.ts';
import type { Charge, ChargeRequest } from './charge.ts';
import type { ChargeStore, StoredCharge } from './charge-store.ts';
import { outcomeOf } from './outcomes.ts';
import type { MessageSender } from './send-messages.ts';

/** Charges once for each paymentId; the same request again answers how its charge stands. */
export const createCharge = async (
  charges: ChargeStore,
  sender: MessageSender,
  request: ChargeRequest,
): Promise<{ charge: Charge; created: boolean }> => {
  const outcome = outcomeOf(request.token);
  const messages = await charges.insert(request, outcome, sender.leaseMs);
  if (messages) {
    sender.begin(messages);
    if (outcome.capturesAfterMs !== null) sender.wakeAt(new Date(Date.now() + outcome.capturesAfterMs));
    const { status, reason } = outcome;
    const captures = status === 'captured' ? 1 : 0;
    return { charge: { paymentId: request.paymentId, status, reason, captures, refunds: 0 }, created: true };
  }
  const charge = await charges.find(request.paymentId);
  if (!charge) throw new Problem('internal', 'Something failed here; it was logged.');
  if (!isOf(charge, request))
    throw conflict('other-charge', 'This payment has a charge of another amount, currency or token.');
  return { charge, created: false };
};

const isOf = (charge: StoredCharge, request: ChargeRequest) =>
  charge.amount === null ||
  (charge.amount === request.amount &&
    charge.currency === request.currency &&
    charge.token === request.token);
