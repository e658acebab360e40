import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { orderFailed, orderPaid, orderPlaced } from '../../eventing/contracts/order.ts';
import { paymentInitiated, paymentRefunded, paymentSucceeded } from '../../eventing/contracts/payment.ts';
import { eventOf } from '../../test/flow/support/events.ts';
import { countsOf, difference } from './counts.ts';
import { type Facts, learn, lifeOf, readTold } from './facts.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString();
const ids = { orderId: uuidv7(), userId: uuidv7(), paymentId: uuidv7() };
const total = { amount: 1290, currency: 'EUR' };
const told = <C extends Parameters<typeof readTold>[0]>(contract: C, data: object, time: string) =>
  readTold(contract, eventOf(contract, data, { time }), data);

const paid = [
  told(
    orderPlaced,
    { ...ids, items: [{ sku: 'a', quantity: 1, unitAmount: 1290 }], total, paymentToken: 't' },
    at(1),
  ),
  told(orderPaid, { ...ids, total }, at(4)),
];
const refunded = [
  told(paymentInitiated, { ...ids, ...total }, at(2)),
  told(paymentSucceeded, ids, at(3)),
  told(paymentRefunded, ids, at(9)),
];
const learned = (all: { facts: Facts }[]) =>
  all.reduce<Partial<Facts>>((known, { facts }) => learn(known, facts), {});
const lines = (noun: string, facts: Partial<Facts>) =>
  countsOf(noun, facts).map(({ name, label, value }) => `${name} ${label} ${value}`);

test('an order and its payment are counted by what they reached and what they are', () => {
  expect(lines('order', learned(paid))).toEqual(['orders paid 1', 'orders pending 1', 'orders-now paid 1']);
  expect(lines('payment', learned(refunded))).toEqual([
    'payments refunded 1',
    'payments succeeded 1',
    'payments initiated 1',
    'payments-now refunded 1',
    'captured EUR 1290',
    'refunded EUR 1290',
  ]);
  expect(lifeOf('order', learned(paid) as Facts)).toEqual({ beganAt: at(1), endedAt: at(4) });
  expect(lifeOf('payment', learned(refunded) as Facts)).toEqual({ beganAt: at(2), endedAt: at(3) });
});

test('a payment of unknown amount counts no money until the amount is told', () => {
  const [initiated, ...later] = refunded;
  expect(lines('payment', learned(later)).join()).not.toMatch(/captured|refunded EUR/);
  expect(lines('payment', learned([...later, ...(initiated ? [initiated] : [])]))).toContain(
    'captured EUR 1290',
  );
});

test('a reason that is no short word is counted as other', () => {
  const reason = (text: string) =>
    lines('order', told(orderFailed, { ...ids, reason: text }, at(5)).facts).at(-1);
  expect(reason('declined')).toBe('failures declined 1');
  expect(reason('Card 4242 of Ada')).toBe('failures other 1');
});

test('a time that is none is now', () => {
  const facts = readTold(
    orderPaid,
    { ...eventOf(orderPaid, { ...ids, total }), time: 'x' },
    { ...ids, total },
  );
  expect(Math.abs(Date.now() - Date.parse(facts.facts.at.paid ?? ''))).toBeLessThan(5_000);
});

test('what is learned is the same in any order and however often, and differences add up to it', () => {
  for (const [noun, all] of [
    ['order', paid],
    ['payment', refunded],
  ] as const)
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...all), { maxLength: 8 }), (some) => {
        let known: Partial<Facts> = {};
        const sums = new Map<string, number>();
        for (const { facts } of some) {
          const next = learn(known, facts);
          for (const { name, label, value } of difference(countsOf(noun, known), countsOf(noun, next)))
            sums.set(`${name} ${label}`, (sums.get(`${name} ${label}`) ?? 0) + value);
          known = next;
        }
        const distinct = all.filter((one) => some.includes(one));
        expect(known).toEqual(learned(distinct));
        expect(
          [...sums]
            .filter(([, value]) => value !== 0)
            .map(([key, value]) => `${key} ${value}`)
            .sort(),
        ).toEqual(lines(noun, learned(distinct)).sort());
      }),
    );
});
