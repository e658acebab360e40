import { sql } from 'drizzle-orm';
import { eachOf } from './each-of.ts';
import { refundPayment } from './refund-payment.ts';
import type { SettleDeps } from './settle-overdue.ts';
import { settlePayment } from './settle-payment.ts';
import type { CancelledPayment } from './store.ts';

/**
 * Ends the payment of each cancelled order, at most `limit`: the bank cancels what it has not captured, and refunds what it
 * has. Safe to run several times at once. Answers how many are ended; throws the first failure when all have been tried.
 */
export const settleCancelled = async (deps: SettleDeps, limit: number): Promise<number> => {
  const cancelled = await deps.store.cancelled(limit);
  await eachOf(cancelled, (payment) => endPayment(deps, payment));
  return cancelled.length;
};

const endPayment = async (deps: SettleDeps, payment: CancelledPayment): Promise<void> => {
  const { orderId, paymentId } = payment;
  const captured = await wasCaptured(deps, payment);
  if (captured) await deps.bank.refund(paymentId);
  await deps.transaction(async (tx, publish) => {
    if (captured) await refundPayment(tx, publish, paymentId);
    await tx.execute(sql`
      update payments.cancellations set ended_at = now() where order_id = ${orderId} and ended_at is null`);
  });
};

const wasCaptured = async (deps: SettleDeps, { paymentId, status }: CancelledPayment): Promise<boolean> => {
  if (status !== 'initiated') return status === 'succeeded';
  const settlement = await deps.bank.cancel(paymentId);
  await settlePayment(deps, settlement);
  return settlement.charge === 'captured';
};
