import { setTimeout as sleep } from 'node:timers/promises';
import type { Customer } from './customer.ts';

export const expected = {
  ok: { status: 'paid', means: 'the bank captures at once' },
  declined: { status: 'failed', means: 'the bank declines' },
  late: { status: 'paid', means: 'the bank answers after three seconds' },
  duplicate: { status: 'paid', means: 'the bank sends its webhook twice' },
  silent: { status: 'failed', means: 'the bank never answers: the deadline decides' },
} as const;

export type Kind = keyof typeof expected;
export const kinds = Object.keys(expected) as Kind[];

export interface FollowedOrder {
  kind: Kind;
  id: string;
  status: string;
  /** From the POST to the final state as a customer sees it. */
  ms: number;
}

const patienceMs = 60_000;

/** Places one order of each kind and follows all to their final state; `say` hears of each end. */
export const followOrders = (customer: Customer, say: (line: string) => void): Promise<FollowedOrder[]> =>
  Promise.all(kinds.map((kind) => follow(customer, kind, say)));

const follow = async (
  customer: Customer,
  kind: Kind,
  say: (line: string) => void,
): Promise<FollowedOrder> => {
  const start = performance.now();
  const { id } = await customer.place(`tok_${kind}`);
  for (;;) {
    const order = await customer.order(id);
    const ms = Math.round(performance.now() - start);
    if (order.status !== 'pending') {
      const reason = order.failureReason ? ` (${order.failureReason})` : '';
      say(
        `  ${kind.padEnd(9)} ${id}  ${order.status.padEnd(6)} ${String(ms).padStart(5)} ms  ${expected[kind].means}${reason}`,
      );
      return { kind, id, status: order.status, ms };
    }
    if (ms > patienceMs)
      throw new Error(
        `order ${id} (${kind}) is still pending after ${patienceMs / 1000} s: look into the runtime's log`,
      );
    await sleep(50);
  }
};
