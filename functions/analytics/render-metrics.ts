import { contracts } from '../../eventing/contracts/registry.ts';
import type { Count, CountName } from './counts.ts';
import { orderStatuses, paymentStatuses } from './operations.ts';

interface Series {
  metric: string;
  help: string;
  count: CountName;
  /** The name of the label, and the values that are shown from the start. */
  label?: [name: string, known: readonly string[]];
}

/** Counts only: how much money there is in it is for operators. The names are what dashboards rely on. */
const all: readonly Series[] = [
  {
    metric: 'kagari_orders_total',
    help: 'Orders that have reached a status',
    count: 'orders',
    label: ['status', orderStatuses],
  },
  {
    metric: 'kagari_payments_total',
    help: 'Payments that have reached a status',
    count: 'payments',
    label: ['status', paymentStatuses],
  },
  { metric: 'kagari_mails_total', help: 'Mails sent', count: 'mails', label: ['type', []] },
  { metric: 'kagari_users_total', help: 'Users that have signed up', count: 'users' },
  {
    metric: 'kagari_events_total',
    help: 'Events heard',
    count: 'events',
    label: ['type', contracts.map(({ type }) => type)],
  },
  { metric: 'kagari_records_total', help: 'Events that clients told of themselves', count: 'records' },
];

/** The sums in Prometheus' text format and its content type. */
export const renderMetrics = async (
  sums: readonly Count[],
): Promise<{ contentType: string; body: string }> => {
  const { Counter, Registry } = await import('prom-client');
  const registry = new Registry();
  for (const { metric, help, count, label } of all) {
    const [labelName, known = []] = label ?? [];
    const labelNames = labelName === undefined ? [] : [labelName];
    const counter = new Counter({ name: metric, help, labelNames, registers: [registry] });
    const add = (value: string, amount: number) =>
      labelName === undefined ? counter.inc(amount) : counter.inc({ [labelName]: value }, amount);
    for (const value of known) add(value, 0);
    for (const { name, label, value } of sums) if (name === count) add(label, value);
  }
  return { contentType: registry.contentType, body: await registry.metrics() };
};
