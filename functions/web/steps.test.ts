import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

interface Found {
  order: { status: string; history: object[] };
  payment?: { status: string; history: object[] };
  mails: object[];
}
/** A page's own script: it has no types. */
const steps: {
  nowOf(found: Found, now: number): string;
  isSettled(found: Found, now: number): boolean;
} = await import(join(import.meta.dirname, 'assets/steps.js'));

const placed = Date.parse('2026-01-01T12:00:00Z');
const minutes = (many: number) => placed + many * 60_000;
const history = (...states: [status: string, minute: number][]) =>
  states.map(([status, minute]) => ({ status, at: new Date(minutes(minute)).toISOString() }));
const mail = (status: string) => [{ type: `order-${status}`, subject: 'Your order', sentAt: '' }];
const paid = { status: 'paid', history: history(['pending', 0], ['paid', 1]) };
const cancelled = { status: 'cancelled', history: history(['pending', 0], ['paid', 1], ['cancelled', 2]) };
const refunded = {
  status: 'refunded',
  history: history(['initiated', 0], ['succeeded', 1], ['refunded', 8]),
};
const succeeded = { status: 'succeeded', history: history(['initiated', 0], ['succeeded', 1]) };

const at = (found: Found, minute: number) => [
  steps.isSettled(found, minutes(minute)),
  steps.nowOf(found, minutes(minute)),
];

describe('an order', () => {
  test('is settled when its mail is there', () => {
    expect(at({ order: paid, mails: mail('paid') }, 1)).toEqual([true, 'It is paid. You have mail.']);
    expect(at({ order: paid, mails: mail('paid') }, 99)).toEqual([true, 'It is paid. You have mail.']);
  });

  test('waits for its mail for some minutes after its last step, and says nothing of it afterwards', () => {
    expect(at({ order: paid, mails: [] }, 5)).toEqual([false, 'It is paid. A mail is on its way.']);
    expect(at({ order: paid, mails: [] }, 7)).toEqual([true, 'It is paid.']);
    const found = { order: cancelled, payment: refunded, mails: mail('paid') };
    const now = 'It is cancelled, and your money is back.';
    expect(at(found, 12)).toEqual([false, `${now} A mail is on its way.`]);
    expect(at(found, 14)).toEqual([true, now]);
  });

  test('that is pending, or whose money is not back, is followed however long it takes', () => {
    const pending = { order: { status: 'pending', history: history(['pending', 0]) }, mails: [] };
    expect(at(pending, 99)).toEqual([false, 'The payment is about to begin …']);
    const found = { order: cancelled, payment: succeeded, mails: mail('cancelled') };
    expect(steps.isSettled(found, minutes(99))).toBe(false);
  });
});
