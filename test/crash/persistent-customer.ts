import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Customer } from '../../scripts/demo/customer.ts';

const patienceMs = 45_000;

/** Places an order and tries again with the same Idempotency-Key until it is acknowledged, as a good client does. */
export const placeUntilAcknowledged = async (
  customer: Customer,
  paymentToken = 'tok_ok',
): Promise<string> => {
  const key = randomUUID();
  return (await persist(() => customer.place(paymentToken, key))).id;
};

export const persist = async <T>(attempt: () => Promise<T>): Promise<T> => {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
};
