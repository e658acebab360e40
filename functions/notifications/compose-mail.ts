import type { mailTypes } from '../../db/schema/notifications.ts';

export type MailType = (typeof mailTypes)[number];

export interface Mail {
  type: MailType;
  userId: string;
  /** What the mail tells of: the user of a welcome, else the order. One mail of a type about one thing. */
  about: string;
  subject: string;
  body: string;
}

export const welcome = (userId: string): Mail => ({
  type: 'welcome',
  userId,
  about: userId,
  subject: 'Welcome to Kagari',
  body: 'Your account is ready.\n',
});

interface Money {
  amount: number;
  currency: string;
}

export const orderPaidMail = (userId: string, orderId: string, total: Money): Mail => ({
  type: 'order-paid',
  userId,
  about: orderId,
  subject: `Your order ${orderId} is paid`,
  body: `We have received ${formatMoney(total)} for your order ${orderId}.\n`,
});

export const orderFailedMail = (userId: string, orderId: string, reason: string): Mail => ({
  type: 'order-failed',
  userId,
  about: orderId,
  subject: `Your order ${orderId} could not be paid`,
  body: `${explanations.get(reason) ?? 'The payment failed.'} Nothing was charged for your order ${orderId}.\n`,
});

export const orderCancelledMail = (userId: string, orderId: string, refund: Money | undefined): Mail => ({
  type: 'order-cancelled',
  userId,
  about: orderId,
  subject: `Your order ${orderId} is cancelled`,
  body: `Your order ${orderId} is cancelled. ${
    refund
      ? `We have your bank refund ${formatMoney(refund)}.`
      : 'Should a payment have been under way, it is not taken, or refunded.'
  }\n`,
});

const explanations = new Map([
  ['declined', 'Your bank declined the payment.'],
  ['deadline', 'The bank did not confirm the payment in time.'],
]);

const formatMoney = ({ amount, currency }: Money) => {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
};
