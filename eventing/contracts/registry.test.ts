import { expect, test } from 'vitest';
import * as z from 'zod';
import { contract } from './contract.ts';
import { notificationSent } from './notification.ts';
import { contractOf, contracts } from './registry.ts';

const id = (n: number) => `01980000-0000-7000-8000-00000000000${n}`;
const [order, user, payment, notification] = [1, 2, 3, 4].map(id);
const total = { amount: 1290, currency: 'EUR' };

/** Each type with its smallest data, subject and partition key, as docs and other languages rely on them. */
const examples = {
  'dev.kagari.order.placed.v1': [
    {
      orderId: order,
      userId: user,
      items: [{ sku: 'tea', quantity: 1, unitAmount: 1290 }],
      total,
      paymentToken: 'tok_ok',
    },
    order,
    order,
  ],
  'dev.kagari.order.paid.v1': [{ orderId: order, userId: user, paymentId: payment, total }, order, order],
  'dev.kagari.order.failed.v1': [{ orderId: order, userId: user, reason: 'declined' }, order, order],
  'dev.kagari.order.cancelled.v1': [{ orderId: order, userId: user }, order, order],
  'dev.kagari.payment.initiated.v1': [
    { paymentId: payment, orderId: order, userId: user, ...total },
    payment,
    order,
  ],
  'dev.kagari.payment.succeeded.v1': [{ paymentId: payment, orderId: order, userId: user }, payment, order],
  'dev.kagari.payment.failed.v1': [
    { paymentId: payment, orderId: order, userId: user, reason: 'deadline' },
    payment,
    order,
  ],
  'dev.kagari.payment.refunded.v1': [{ paymentId: payment, orderId: order, userId: user }, payment, order],
  'dev.kagari.user.signed-up.v1': [{ userId: user, email: 'ada@example.com' }, user, user],
  'dev.kagari.notification.sent.v1': [
    { notificationId: notification, userId: user, type: 'order-paid', subject: order },
    notification,
    order,
  ],
} as const;

test('the registry has exactly the types of the contract', () => {
  expect(contracts.map(({ type }) => type).sort()).toEqual(Object.keys(examples).sort());
});

test.each(Object.entries(examples))(
  '%s takes its data whole and names its entity and its key',
  (type, example) => {
    const [data, subject, key] = example;
    const known = contractOf(type);
    expect(known?.schema.parse(data)).toEqual(data);
    expect(known?.subject(data)).toBe(subject);
    expect(known?.partitionKey(data)).toBe(key);
  },
);

test.each(Object.entries(examples))('%s refuses data that lacks a field', (type, [data]) => {
  for (const field of Object.keys(data).filter((name) => name !== 'subject')) {
    const { [field as keyof typeof data]: _, ...rest } = data;
    expect(contractOf(type)?.schema.safeParse(rest).success, field).toBe(false);
  }
});

test('readers take fields that a later writer adds', () => {
  const [data] = examples['dev.kagari.order.cancelled.v1'];
  expect(contractOf('dev.kagari.order.cancelled.v1')?.schema.parse({ ...data, by: 'user' })).toEqual(data);
});

test('a welcome is keyed by its user', () => {
  const data = notificationSent.schema.parse({ notificationId: notification, userId: user, type: 'welcome' });
  expect(notificationSent.partitionKey(data)).toBe(user);
});

test('money is a whole number of minor units', () => {
  const [data] = examples['dev.kagari.payment.initiated.v1'];
  const { schema } = contractOf('dev.kagari.payment.initiated.v1') ?? { schema: z.never() };
  for (const amount of [1.5, -1, Number.NaN, '1290', 2 ** 53]) {
    expect(schema.safeParse({ ...data, amount }).success, String(amount)).toBe(false);
  }
});

test('a type outside of the naming pattern is refused where it is declared', () => {
  const rest = { schema: z.object({}), subject: () => '', partitionKey: () => '' };
  expect(() => contract({ type: 'order.placed', ...rest })).toThrow('dev.kagari.<noun>.<verb>.v<n>');
});
