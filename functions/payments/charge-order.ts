import type { Effects } from '../kit/events.ts';
import type { Transact } from '../kit/inbox.ts';
import { notFound } from '../kit/problem.ts';
import { acceptPayment, acceptPaymentOnce } from './accept-payment.ts';
import type { Bank } from './bank.ts';
import { openPayment, type PlacedOrder } from './open-payment.ts';
import type { Payment } from './payment.ts';
import type { Store } from './store.ts';

export interface ChargeDeps {
  store: Store;
  bank: Bank;
  deadlineMs: number;
  /** Something of this payment will have to be ended then. */
  endAt: (time: Date) => void;
}

/**
 * order.placed: the order's payment is there, the bank has its charge, and payment.initiated is told. Where the order is
 * cancelled already, the bank is only asked to cancel.
 */
export const chargeOrder = async (
  { store, bank, deadlineMs, endAt }: ChargeDeps,
  order: PlacedOrder,
  { once, onceBy }: Effects,
): Promise<void> => {
  const { payment, opening } = await openPayment(store, order, deadlineMs);
  if (opening?.cancelled) {
    await once(async () => {});
    return endAt(new Date());
  }
  if (opening) endAt(opening.deadlineAt);
  if (isWithUs(payment)) await bank.charge(payment);
  await acceptPaymentOnce(onceBy, payment);
};

/** The id of the payment of a user's order; a charge that the bank has not heard of yet is asked for again. */
export const initiatePayment = async (
  { store, bank, transaction }: { store: Store; bank: Bank; transaction: Transact },
  { orderId, userId }: { orderId: string; userId: string },
): Promise<string> => {
  const payment = await store.findByOrder(orderId);
  if (!payment || payment.userId !== userId) throw notFound();
  if (isWithUs(payment)) {
    await bank.charge(payment);
    await transaction((tx, publish) => acceptPayment(tx, publish, payment));
  }
  return payment.id;
};

/** Until it is known that the bank has the charge, and the payment has not ended at its deadline. */
const isWithUs = ({ acceptedAt, status }: Pick<Payment, 'acceptedAt' | 'status'>) =>
  acceptedAt === null && status === 'initiated';
