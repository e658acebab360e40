import type { Contract } from './contract.ts';
import { notificationSent } from './notification.ts';
import { orderCancelled, orderFailed, orderPaid, orderPlaced } from './order.ts';
import { paymentFailed, paymentInitiated, paymentRefunded, paymentSucceeded } from './payment.ts';
import { userSignedUp } from './user.ts';

/** Every event type there is. */
export const contracts: readonly Contract[] = [
  orderPlaced,
  orderPaid,
  orderFailed,
  orderCancelled,
  paymentInitiated,
  paymentSucceeded,
  paymentFailed,
  paymentRefunded,
  userSignedUp,
  notificationSent,
];

const byType = new Map(contracts.map((known) => [known.type, known]));

export function contractOf(type: string): Contract | undefined {
  return byType.get(type);
}
