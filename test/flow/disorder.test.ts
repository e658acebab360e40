import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import postgres, { type Sql } from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chanceOf } from './support/chance.ts';
import { createNetwork, type Disorder, order as noDisorder } from './support/disorder.ts';
import { chargesOfNoPayment, effectsOf, wholeEffects } from './support/effects.ts';
import { type Flow, startFlow } from './support/flow.ts';
import { createWorld, type FlowWorld } from './support/world.ts';

let world: FlowWorld;
let flow: Flow;
let admin: Sql;
const network = createNetwork();

beforeAll(async () => {
  world = await createWorld();
  admin = postgres(world.database.adminUrl, { max: 2, fetch_types: false });
  flow = await startFlow(world, {
    deadlineMs: 700,
    webhookRetryMs: 20,
    retries: 1_000,
    backoffMs: () => 15,
    between: network.between,
  });
});
afterAll(async () => {
  network.set(noDisorder);
  await flow?.close();
  await admin?.end();
  await world?.close();
});

const disorder: fc.Arbitrary<Disorder> = fc.record({
  seed: fc.integer({ min: 0 }),
  loss: fc.double({ min: 0, max: 0.25, noNaN: true }),
  duplication: fc.double({ min: 0, max: 0.6, noNaN: true }),
  delayMs: fc.integer({ min: 0, max: 40 }),
  noWebhooks: fc.boolean(),
});
const tokens = fc.array(
  fc.constantFrom('tok_ok', 'tok_declined', 'tok_late', 'tok_duplicate', 'tok_silent'),
  {
    minLength: 1,
    maxLength: 6,
  },
);
/** These can never be captured before the deadline of this test. */
const neverPaid = new Set(['tok_declined', 'tok_silent', 'tok_late']);

interface Followed {
  id: string;
  token: string;
}

const follow = async (plan: Disorder, chosen: readonly string[]) => {
  network.set(plan);
  const chance = chanceOf(plan.seed);
  const customer = await flow.newCustomer();
  const before = flow.broker.accepted.length;
  const orders = await Promise.all(
    chosen.map(async (token): Promise<Followed> => {
      const key = uuidv7();
      const answers = await Promise.all([customer.place(token, key), customer.place(token, key)]);
      return { token, id: answers.find(({ status }) => status === 201)?.body.id };
    }),
  );
  await sleep(chance() * 300);
  customer.signUp();
  return { customer, orders, events: () => flow.broker.accepted.slice(before) };
};

const quiet = async (orders: readonly Followed[]) => {
  for (const { id } of orders) {
    const { status } = await effectsOf(admin, id);
    await expect
      .poll(
        () =>
          effectsOf(admin, id).then(({ orderMails, unpublished }) => [orderMails.length > 0, unpublished]),
        {
          timeout: 20_000,
          message: `order ${id} (${status}) ends`,
        },
      )
      .toEqual([true, 0]);
  }
  await expect.poll(() => flow.broker.idle() && network.idle(), { timeout: 20_000 }).toBe(true);
};

const checkOnce = async (orders: readonly Followed[]) => {
  for (const { id, token } of orders) {
    const effects = await effectsOf(admin, id);
    expect(effects).toEqual(wholeEffects(effects.captures > 0));
    if (neverPaid.has(token)) expect(effects.status).toBe('failed');
  }
  expect(await chargesOfNoPayment(admin)).toBe(0);
};

test('whatever is lost, doubled and reordered, every order ends, and each effect happens once', async () => {
  await fc.assert(
    fc.asyncProperty(disorder, tokens, async (plan, chosen) => {
      const { customer, orders, events } = await follow(plan, chosen);
      await quiet(orders);
      await checkOnce(orders);
      const mails = async () => (await customer.mails()).map(({ type }) => type).sort();
      await expect.poll(mails).toContain('welcome');
      const first = await mails();
      expect(first.filter((type) => type === 'welcome')).toHaveLength(1);

      // Everything once more, in another order, as the same events and as others that say the same: nothing changes.
      network.set(noDisorder);
      const chance = chanceOf(plan.seed + 1);
      const again = events()
        .flatMap((event) => [event, { ...event, id: uuidv7() }])
        .map((event) => ({ event, at: chance() }));
      for (const { event } of again.sort((a, b) => a.at - b.at)) flow.broker.publish(event);
      await quiet(orders);
      await checkOnce(orders);
      expect(await mails()).toEqual(first);
    }),
    { numRuns: 12, endOnFailure: true },
  );
  expect(flow.broker.deadLetters).toEqual([]);
}, 180_000);
