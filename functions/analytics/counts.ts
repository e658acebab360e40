import type { Facts } from './facts.ts';

/** A sum's name and label, and how much is in it. */
export interface Count {
  name: CountName;
  label: string;
  value: number;
}

export type CountName =
  | 'events'
  | 'records'
  | 'users'
  | 'mails'
  | 'orders'
  | 'orders-now'
  | 'failures'
  | 'payments'
  | 'payments-now'
  | 'captured'
  | 'refunded';

/** The events of an order or payment by the status that each of them leads to, the last word first. */
export const statuses = {
  order: { cancelled: 'cancelled', paid: 'paid', failed: 'failed', placed: 'pending' },
  payment: { refunded: 'refunded', succeeded: 'succeeded', failed: 'failed', initiated: 'initiated' },
} as const;

/** What one subject is in all sums. A sum is this over all subjects, whatever way their facts were learned. */
export const countsOf = (noun: string, facts: Partial<Facts>): Count[] => {
  const { at = {}, amount, currency, reason, type } = facts;
  const one = (name: CountName, label = '') => ({ name, label, value: 1 });
  const money = (name: CountName) =>
    amount === undefined || currency === undefined ? [] : [{ name, label: currency, value: amount }];
  const reached = (table: Record<string, string>) =>
    Object.entries(table).flatMap(([verb, status]) => (at[verb] === undefined ? [] : [status]));

  if (noun === 'order') {
    const steps = reached(statuses.order);
    return [
      ...steps.map((status) => one('orders', status)),
      ...steps.slice(0, 1).map((status) => one('orders-now', status)),
      ...(reason === undefined ? [] : [one('failures', reason)]),
    ];
  }
  if (noun === 'payment') {
    const steps = reached(statuses.payment);
    return [
      ...steps.map((status) => one('payments', status)),
      ...steps.slice(0, 1).map((status) => one('payments-now', status)),
      ...(at.succeeded === undefined ? [] : money('captured')),
      ...(at.refunded === undefined ? [] : money('refunded')),
    ];
  }
  if (noun === 'notification') return at.sent === undefined ? [] : [one('mails', type)];
  if (noun === 'user') return at['signed-up'] === undefined ? [] : [one('users')];
  return [];
};

/** What must be added to the sums when a subject's counts change from the one to the other. */
export const difference = (before: readonly Count[], after: readonly Count[]): Count[] => {
  const sums = new Map<string, Count>();
  const add = ({ name, label, value }: Count, sign: 1 | -1) => {
    const key = `${name} ${label}`;
    const sum = sums.get(key) ?? { name, label, value: 0 };
    sums.set(key, { ...sum, value: sum.value + sign * value });
  };
  for (const count of after) add(count, 1);
  for (const count of before) add(count, -1);
  return [...sums.values()].filter(({ value }) => value !== 0);
};
