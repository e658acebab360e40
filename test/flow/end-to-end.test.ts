import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf } from './support/client.ts';
import { type Flow, startFlow } from './support/flow.ts';
import { createWorld, type FlowWorld } from './support/world.ts';

let world: FlowWorld;
let flow: Flow;

beforeAll(async () => {
  world = await createWorld();
  flow = await startFlow(world, { backoffMs: (n) => 25 * 2 ** n });
});
afterAll(async () => {
  await flow?.close();
  await world?.close();
});

interface End {
  order: 'paid' | 'failed';
  reason: string | null;
  payment: 'succeeded' | 'failed';
  captures: number;
  atLeastMs: number;
}

const ends: Record<string, End> = {
  tok_ok: { order: 'paid', reason: null, payment: 'succeeded', captures: 1, atLeastMs: 0 },
  tok_declined: { order: 'failed', reason: 'declined', payment: 'failed', captures: 0, atLeastMs: 0 },
  tok_late: { order: 'paid', reason: null, payment: 'succeeded', captures: 1, atLeastMs: 3_000 },
  tok_duplicate: { order: 'paid', reason: null, payment: 'succeeded', captures: 1, atLeastMs: 0 },
  tok_silent: { order: 'failed', reason: 'deadline', payment: 'failed', captures: 0, atLeastMs: 5_000 },
};

describe('an order goes from click to mail', () => {
  test.concurrent.for(Object.entries(ends))('with %s', async ([token, end], { expect }) => {
    const customer = await flow.newCustomer();
    customer.signUp();
    const started = Date.now();
    const { id } = (await customer.place(token)).body;
    const final = () => customer.order(id).then(({ status }) => status);
    await expect.poll(final, { timeout: 20_000, interval: 20 }).toBe(end.order);
    expect(Date.now() - started).toBeGreaterThanOrEqual(end.atLeastMs);

    const order = await customer.order(id);
    expect(order.failureReason).toBe(end.reason);
    expect(order.history.map(({ status }: { status: string }) => status)).toEqual(['pending', end.order]);
    const payment = await customer.payment(id);
    expect(payment).toMatchObject({ status: end.payment, captures: end.captures });
    expect(payment.history.map(({ status }: { status: string }) => status)).toEqual([
      'initiated',
      end.payment,
    ]);
    await expect
      .poll(async () => (await customer.mails()).map(({ type }) => type), { timeout: 15_000 })
      .toEqual([`order-${end.order}`, 'welcome']);
    const types = () =>
      flow.broker.accepted
        .filter(({ partitionkey }) => partitionkey === id)
        .map(({ type }) => type.slice('dev.kagari.'.length))
        .sort();
    await expect
      .poll(types, { timeout: 15_000 })
      .toEqual(
        [
          'order.placed.v1',
          'payment.initiated.v1',
          `payment.${end.payment}.v1`,
          `order.${end.order}.v1`,
          'notification.sent.v1',
        ].sort(),
      );
  });
});

test('a paid order that is cancelled is refunded, and its customer hears of both', async () => {
  const customer = await flow.newCustomer();
  customer.signUp();
  const { id } = (await customer.place('tok_ok')).body;
  const status = () => customer.order(id).then((order) => order.status);
  await expect.poll(status, { timeout: 15_000 }).toBe('paid');
  expect([await customer.cancel(id), await customer.cancel(id)]).toEqual([202, 409]);
  expect(await status()).toBe('cancelled');
  const payment = () => customer.payment(id);
  await expect.poll(payment, { timeout: 15_000 }).toMatchObject({ status: 'refunded', captures: 1 });
  const mails = async () => (await customer.mails()).map(({ type }) => type).sort();
  await expect.poll(mails, { timeout: 15_000 }).toEqual(['order-cancelled', 'order-paid', 'welcome']);
  const types = () =>
    flow.broker.accepted.filter(({ partitionkey }) => partitionkey === id).map(({ type }) => type);
  await expect.poll(types).toContain('dev.kagari.payment.refunded.v1');
});

test('a mail that found no contact ends at the desk with its reason; redriven, it is sent once', async () => {
  const operator = await world.identity.token({ role: 'operator' });
  const desk = clientOf(flow.deadletters.app);
  const list = async () =>
    (await desk('GET', '/?type=dev.kagari.order.paid.v1', { bearer: operator })).body.items;
  const customer = await flow.newCustomer();
  const { id } = (await customer.place('tok_ok')).body;

  await expect.poll(list, { timeout: 10_000 }).toHaveLength(1);
  const [item] = await list();
  expect(item).toMatchObject({ code: 503, state: 'open', event: { subject: id } });
  expect(item.reason).toBe('unavailable: The contact of this user is not known yet.');
  expect(item.destination).toMatch(/\/_events$/);

  customer.signUp();
  await expect.poll(customer.mails).toHaveLength(1);
  expect((await desk('POST', `/${item.id}/redrive`, { bearer: operator })).status).toBe(202);
  await expect
    .poll(async () => (await customer.mails()).map(({ type }) => type))
    .toEqual(['order-paid', 'welcome']);
  expect((await desk('POST', `/${item.id}/redrive`, { bearer: operator })).status).toBe(409);
  expect((await customer.order(id)).history).toHaveLength(2);
});
