import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf } from '../../test/flow/support/client.ts';
import { createWorld, type FlowWorld } from '../../test/flow/support/world.ts';
import { startTestApp } from './testing.ts';

let world: FlowWorld;
let orders: Awaited<ReturnType<typeof startTestApp>>;
let request: ReturnType<typeof clientOf>;

beforeAll(async () => {
  world = await createWorld();
  orders = await startTestApp(world.of('orders'));
  request = clientOf(orders.app);
});
afterAll(async () => {
  await orders?.close();
  await world?.close();
});

const tea = { items: [{ sku: 'tea-sencha', quantity: 2 }], currency: 'EUR', paymentToken: 'tok_ok' };
const newCustomer = async () => {
  const id = uuidv7();
  return { id, bearer: await world.identity.token({ sub: id }) };
};
const place = (bearer: string, key: string | undefined, body: unknown = tea) =>
  request('POST', '/', { bearer, body, headers: key === undefined ? {} : { 'idempotency-key': key } });
const ordersOf = async (userId: string) =>
  (await orders.database.sql`select id from orders.orders where user_id = ${userId}`).map(({ id }) => id);

describe('placing an order', () => {
  test('makes a pending order with its history, and tells of it in the same transaction', async () => {
    const { id: userId, bearer } = await newCustomer();
    const { status, headers, body } = await place(bearer, 'a');
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      status: 'pending',
      total: { amount: 2580, currency: 'EUR' },
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    expect(headers.get('location')).toBe(`/orders/${body.id}`);
    expect(headers.get('idempotent-replayed')).toBeNull();

    const shown = await request('GET', `/${body.id}`, { bearer });
    expect(shown.body).toEqual({
      ...body,
      failureReason: null,
      items: [{ sku: 'tea-sencha', quantity: 2, unitAmount: 1290 }],
      history: [{ status: 'pending', at: body.createdAt }],
    });
    await expect
      .poll(() => world.sink.events.filter(({ subject }) => subject === body.id))
      .toEqual([
        expect.objectContaining({
          type: 'dev.kagari.order.placed.v1',
          source: '/orders',
          partitionkey: body.id,
          data: {
            orderId: body.id,
            userId,
            items: [{ sku: 'tea-sencha', quantity: 2, unitAmount: 1290 }],
            total: body.total,
            paymentToken: 'tok_ok',
          },
        }),
      ]);
  });

  test.each([
    ['an unknown product', { items: [{ sku: 'none', quantity: 1 }] }, '#/items/0/sku'],
    ['another currency', { currency: 'JPY' }, '#/currency'],
    ['a currency that is none', { currency: 'euro' }, '#/currency'],
    ['no items', { items: [] }, '#/items'],
    ['a quantity of zero', { items: [{ sku: 'tea-sencha', quantity: 0 }] }, '#/items/0/quantity'],
    ['half a quantity', { items: [{ sku: 'tea-sencha', quantity: 0.5 }] }, '#/items/0/quantity'],
    ['too many', { items: [{ sku: 'tea-sencha', quantity: 1001 }] }, '#/items/0/quantity'],
    ['no token', { paymentToken: '' }, '#/paymentToken'],
    ['a card number for a token', { paymentToken: '4242424242424242' }, '#/paymentToken'],
    ['an unknown field', { coupon: 'FREE' }, '#/coupon'],
    [
      'a price of its own',
      { items: [{ sku: 'tea-sencha', quantity: 1, unitAmount: 1 }] },
      '#/items/0/unitAmount',
    ],
  ])('with %s is 422 and names the field', async (_, wrong, pointer) => {
    const { id, bearer } = await newCustomer();
    const { status, body } = await place(bearer, 'a', { ...tea, ...wrong });
    expect(status).toBe(422);
    expect(body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
    expect(await ordersOf(id)).toEqual([]);
  });

  test('costs what the catalog says', async () => {
    const { bearer } = await newCustomer();
    const catalog = (await request('GET', '/catalog')).body as {
      sku: string;
      name: string;
      price: { amount: number; currency: string };
    }[];
    expect(catalog.length).toBeGreaterThan(0);
    const items = catalog.map(({ sku }, i) => ({ sku, quantity: i + 1 }));
    const { body } = await place(bearer, 'a', { ...tea, items });
    const amount = catalog.reduce((sum, { price }, i) => sum + price.amount * (i + 1), 0);
    expect(body.total).toEqual({ amount, currency: 'EUR' });
  });
});

describe('an Idempotency-Key', () => {
  test('gives the same answer again, whatever became of the order and the catalog', async () => {
    const { id: userId, bearer } = await newCustomer();
    const { sql } = orders.database;
    const admin = (await import('postgres')).default(world.database.adminUrl, { max: 1 });
    await admin`insert into orders.products values ('fleeting', 'Fleeting', 100, 'EUR')`;
    const fleeting = { ...tea, items: [{ sku: 'fleeting', quantity: 1 }] };
    const first = await place(bearer, 'again', fleeting);
    await sql`update orders.orders set status = 'paid' where id = ${first.body.id}`;
    await admin`delete from orders.products where sku = 'fleeting'`;
    await admin.end();

    const { paymentToken, currency, items } = fleeting;
    const second = await place(bearer, 'again', { paymentToken, items, currency });
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(await ordersOf(userId)).toHaveLength(1);
    expect((await place(bearer, 'other', fleeting)).status).toBe(422);
  });

  test('with another body is 422', async () => {
    const { id, bearer } = await newCustomer();
    expect((await place(bearer, 'k')).status).toBe(201);
    const other = await place(bearer, 'k', { ...tea, paymentToken: 'tok_late' });
    expect([other.status, other.body.code]).toEqual([422, 'key-reused']);
    expect(await ordersOf(id)).toHaveLength(1);
  });

  test('of one customer is nothing to another', async () => {
    const [one, other] = [await newCustomer(), await newCustomer()];
    const answers = [await place(one.bearer, 'shared'), await place(other.bearer, 'shared')];
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(answers[0]?.body.id).not.toBe(answers[1]?.body.id);
  });

  test('of a failed request is free again', async () => {
    const { bearer } = await newCustomer();
    expect((await place(bearer, 'k', { ...tea, currency: 'JPY' })).status).toBe(422);
    const { status, headers } = await place(bearer, 'k');
    expect([status, headers.get('idempotent-replayed')]).toEqual([201, null]);
  });

  test('in flight is 409 at once, without waiting', async () => {
    const { id, bearer } = await newCustomer();
    await orders.database.sql.begin(async (other) => {
      await other`select pg_advisory_xact_lock(hashtextextended(${`orders ${id} busy`}, 0))`;
      const { status, body } = await place(bearer, 'busy');
      expect([status, body.code]).toEqual([409, 'in-flight']);
    });
    expect((await place(bearer, 'busy')).status).toBe(201);
  });

  test('makes one order, however many requests bring it at once', async () => {
    const { id, bearer } = await newCustomer();
    const answers = await Promise.all(Array.from({ length: 20 }, () => place(bearer, 'storm')));
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
    const placed = answers.filter(({ status }) => status === 201);
    expect(new Set(placed.map(({ body }) => body.id)).size).toBe(1);
    expect(placed.filter(({ headers }) => !headers.has('idempotent-replayed'))).toHaveLength(1);
    expect(await ordersOf(id)).toHaveLength(1);
  });

  test('is free after 24 hours, dropped or not, and dropped by the next process', async () => {
    const { id, bearer } = await newCustomer();
    const { sql } = orders.database;
    await place(bearer, 'old');
    await place(bearer, 'older');
    const [kept] = await sql`
      select extract(epoch from expires_at - now()) as seconds from orders.idempotency_keys
      where user_id = ${id} and key = 'old'`;
    expect(Number(kept?.seconds)).toBeGreaterThan(86_300);
    await sql`update orders.idempotency_keys set expires_at = now() - interval '1 s' where user_id = ${id}`;
    const { status, headers } = await place(bearer, 'old', { ...tea, paymentToken: 'tok_late' });
    expect([status, headers.get('idempotent-replayed')]).toEqual([201, null]);
    expect(await ordersOf(id)).toHaveLength(3);

    orders.forgetting.start();
    await expect
      .poll(async () =>
        (await sql`select key from orders.idempotency_keys where user_id = ${id}`).map(({ key }) => key),
      )
      .toEqual(['old']);
  });

  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['of 256 characters', 'x'.repeat(256)],
  ])('that is %s is 422', async (_, key) => {
    const { bearer } = await newCustomer();
    const { status, body } = await place(bearer, key);
    expect([status, body.errors[0].pointer]).toEqual([422, '#/headers/idempotency-key']);
  });

  test('may have 255 characters', async () => {
    const { bearer } = await newCustomer();
    expect((await place(bearer, 'x'.repeat(255))).status).toBe(201);
  });
});
