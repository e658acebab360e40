import fc from 'fast-check';
import postgres from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import type { CloudEvent } from '../../eventing/contracts/cloud-event.ts';
import { notificationSent } from '../../eventing/contracts/notification.ts';
import { orderCancelled, orderFailed, orderPaid, orderPlaced } from '../../eventing/contracts/order.ts';
import {
  paymentFailed,
  paymentInitiated,
  paymentRefunded,
  paymentSucceeded,
} from '../../eventing/contracts/payment.ts';
import { userSignedUp } from '../../eventing/contracts/user.ts';
import { clientOf } from '../../test/flow/support/client.ts';
import { deliver, eventOf } from '../../test/flow/support/events.ts';
import { createWorld } from '../../test/flow/support/world.ts';
import { startTestApp } from './testing.ts';

type Kind = 'pending' | 'paid' | 'declined' | 'cancelled';
const kinds: Kind[] = ['pending', 'paid', 'declined', 'cancelled'];
const amount = 1290;

/** All events of one customer's order that ends that way. */
const story = (kind: Kind): CloudEvent[] => {
  const ids = { orderId: uuidv7(), userId: uuidv7(), paymentId: uuidv7() };
  const total = { amount, currency: 'EUR' };
  const mail = (type: 'order-paid' | 'order-failed') =>
    eventOf(notificationSent, { ...ids, notificationId: uuidv7(), type, subject: ids.orderId });
  const begun = [
    eventOf(userSignedUp, { userId: ids.userId, email: 'ada@example.com' }),
    eventOf(orderPlaced, {
      ...ids,
      items: [{ sku: 'a', quantity: 1, unitAmount: amount }],
      total,
      paymentToken: 'tok_ok',
    }),
    eventOf(paymentInitiated, { ...ids, ...total }),
  ];
  const paid = [eventOf(paymentSucceeded, ids), eventOf(orderPaid, { ...ids, total }), mail('order-paid')];
  const reason = 'declined';
  return {
    pending: begun,
    paid: [...begun, ...paid],
    declined: [
      ...begun,
      eventOf(paymentFailed, { ...ids, reason }),
      eventOf(orderFailed, { ...ids, reason }),
      mail('order-failed'),
    ],
    cancelled: [...begun, ...paid, eventOf(orderCancelled, ids), eventOf(paymentRefunded, ids)],
  }[kind];
};

interface Plan {
  kind: Kind;
  /** For each event of the story: when it comes, and when it comes again, perhaps redriven. */
  comings: number[][];
}
const plan: fc.Arbitrary<Plan> = fc.record({
  kind: fc.constantFrom(...kinds),
  comings: fc.array(fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 3 }), {
    minLength: 8,
    maxLength: 8,
  }),
});

test('every aggregate counts an event once, whatever is redelivered, out of order, at once, or redriven', async () => {
  const world = await createWorld();
  const pods = await Promise.all([1, 2].map(() => startTestApp(world.of('analytics'))));
  const admin = postgres(world.database.adminUrl, { max: 1 });
  const operator = await world.identity.token({ role: 'operator' });
  const apps = pods.map(({ app }) => app);

  await fc.assert(
    fc.asyncProperty(
      fc.array(plan, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 12 }),
      async (plans, atOnce) => {
        await admin`truncate analytics.subjects, analytics.counters, events.inbox`;
        const deliveries = plans.flatMap(({ kind, comings }) =>
          story(kind).flatMap((event, i) =>
            (comings[i] ?? [0]).map((when, n) => ({
              when,
              event: n === 0 ? event : { ...event, kagariredrive: String(n) },
            })),
          ),
        );
        deliveries.sort((a, b) => a.when - b.when);
        for (let i = 0; i < deliveries.length; i += atOnce) {
          const answers = deliveries
            .slice(i, i + atOnce)
            .map(({ event }, n) => deliver(apps[n % 2] as (typeof apps)[0], event));
          expect(new Set(await Promise.all(answers))).toEqual(new Set([204]));
        }

        const of = (...some: Kind[]) => plans.filter(({ kind }) => some.includes(kind)).length;
        const { body } = await clientOf(apps[0] as (typeof apps)[0])('GET', '/summary', { bearer: operator });
        expect(body).toMatchObject({
          orders: {
            pending: of('pending'),
            paid: of('paid'),
            failed: of('declined'),
            cancelled: of('cancelled'),
          },
          failures: of('declined') > 0 ? { declined: of('declined') } : {},
          revenue:
            of('paid', 'cancelled') > 0
              ? [
                  {
                    currency: 'EUR',
                    captured: amount * of('paid', 'cancelled'),
                    refunded: amount * of('cancelled'),
                  },
                ]
              : [],
          payments: {
            initiated: of('pending'),
            succeeded: of('paid'),
            failed: of('declined'),
            refunded: of('cancelled'),
          },
          users: plans.length,
          delays: { orderSettled: { count: plans.length - of('pending') } },
        });
        const types = plans.flatMap(({ kind }) => story(kind).map(({ type }) => type));
        expect(body.events).toEqual(countBy(types));
      },
    ),
    { numRuns: 25, endOnFailure: true },
  );
  await admin.end();
  for (const pod of pods) await pod.close();
  await world.close();
}, 120_000);

const countBy = (types: string[]) => {
  const counts: Record<string, number> = {};
  for (const type of types) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
};
