import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { userSignedUp } from '../../eventing/contracts/user.ts';
import { clientOf } from './support/client.ts';
import { eventOf } from './support/events.ts';
import { type Flow, startFlow } from './support/flow.ts';
import { createWorld, type FlowWorld } from './support/world.ts';

let world: FlowWorld;
let flow: Flow;
let operator: string;

beforeAll(async () => {
  world = await createWorld();
  flow = await startFlow(world);
  operator = await world.identity.token({ role: 'operator' });
});
afterAll(async () => {
  await flow?.close();
  await world?.close();
});

interface Entry {
  time: string;
  kind: string;
  service: string;
  event?: string;
  attempt?: number;
  code?: number;
}
const timelineOf = async (subject: string, bearer: string) => {
  const { status, body } = await clientOf(flow.analytics.app)('GET', `/timeline/${subject}`, { bearer });
  return { status, entries: (body.entries ?? []) as Entry[] };
};
const short = (type = '') => type.replace(/^dev\.kagari\.(.*)\.v1$/, '$1');

test('a timeline has every step of an order, its payment and its mail, in the order of time', async () => {
  const customer = await flow.newCustomer();
  const bearer = await world.identity.token({ sub: customer.userId });
  customer.signUp();
  const { id } = (await customer.place('tok_ok')).body;
  const steps = async (kind: string) =>
    (await timelineOf(id, bearer)).entries
      .filter((entry) => entry.kind === kind)
      .map(({ service, event }) => `${service} ${short(event)}`);
  await expect
    .poll(async () => (await steps('attempt')).sort(), { timeout: 20_000 })
    .toEqual(
      expect.arrayContaining([
        'analytics notification.sent',
        'analytics order.paid',
        'analytics order.placed',
        'analytics payment.initiated',
        'analytics payment.succeeded',
        'notifications order.paid',
        'orders payment.succeeded',
        'payments order.placed',
      ]),
    );
  expect(await steps('published')).toEqual([
    'orders order.placed',
    'payments payment.initiated',
    'payments payment.succeeded',
    'orders order.paid',
    'notifications notification.sent',
  ]);
  const { entries } = await timelineOf(id, bearer);
  const times = entries.map(({ time }) => time);
  expect(times).toEqual([...times].sort());
  for (const entry of entries)
    expect(Object.keys(entry).sort()).toEqual(
      (entry.kind === 'attempt'
        ? ['time', 'kind', 'service', 'event', 'attempt', 'code']
        : ['time', 'kind', 'service', 'event']
      ).sort(),
    );
  const at = (kind: string, service: string, type: string) =>
    entries.findIndex((one) => one.kind === kind && one.service === service && short(one.event) === type);
  expect(at('received', 'payments', 'order.placed')).toBeGreaterThan(
    at('published', 'orders', 'order.placed'),
  );
  expect(at('received', 'orders', 'payment.succeeded')).toBeLessThan(at('published', 'orders', 'order.paid'));
  expect((await timelineOf(id, operator)).entries).toEqual((await timelineOf(id, bearer)).entries);
  const stranger = await flow.newCustomer();
  expect((await timelineOf(id, await world.identity.token({ sub: stranger.userId }))).status).toBe(404);
});

test('attempts are numbered, and say how each was answered; a dead letter shows at its desk', async () => {
  const userId = uuidv7();
  // A contact that is known already has its mail: redelivered, the event does nothing and is told as a delivery more.
  const event = eventOf(userSignedUp, { userId, email: 'ada@example.com' });
  flow.broker.publish(event);
  flow.broker.publish(event);
  const broken = { ...event, id: uuidv7(), data: { userId } };
  flow.broker.publish(broken);
  const attempts = async (service: string) =>
    (await timelineOf(userId, operator)).entries
      .filter(
        (entry) =>
          entry.kind === 'attempt' && entry.service === service && short(entry.event) === 'user.signed-up',
      )
      .map(({ attempt, code }) => `${attempt} ${code}`)
      .sort();
  await expect
    .poll(() => Promise.all(['notifications', 'deadletters'].map(attempts)), { timeout: 20_000 })
    .toEqual([
      ['1 204', '1 422', '2 204'],
      // Two functions refused it.
      ['1 204', '2 204'],
    ]);
});

test('where only receipts are left there is no timeline', async () => {
  const subject = uuidv7();
  await flow.orders.database.sql`
    insert into events.inbox (consumer, origin, source, id, type, subject)
    values ('orders', '\\x07', '/s', 'i', 't', ${subject})`;
  expect((await timelineOf(subject, operator)).status).toBe(404);
});

test('a timeline has at most the newest thousand entries', async () => {
  const subject = uuidv7();
  const { sql } = flow.orders.database;
  await sql`
    insert into events.attempts (consumer, source, id, type, subject, code, ms, at)
    select 'orders', '/s', 'i' || i % 10, 't', ${subject}, 503, 1, now() - i * interval '1 s'
    from generate_series(1200, 1, -1) i`;
  const { entries } = await timelineOf(subject, operator);
  expect(entries).toHaveLength(1_000);
  expect(entries.at(-1)).toMatchObject({ attempt: 120, code: 503, service: 'orders' });
  expect(entries[0]?.attempt).toBe(21);
});
