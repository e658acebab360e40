import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, problemOf, utc, uuid7 } from './support/problem.ts';
import { until } from './support/until.ts';
import type { Reply } from './support/web.ts';
import { openWorld, type World } from './support/world.ts';

interface Product {
  sku: string;
  name: string;
  price: { amount: number; currency: string };
}
interface Page {
  items: { id: string }[];
  nextCursor: string | null;
}

let world: World;
let customer: Awaited<ReturnType<World['shop']['signUp']>>;
let product: Product;
beforeAll(async () => {
  world = await openWorld();
  customer = await world.shop.signUp();
  [product] = answerOf<[Product]>(await world.shop.at('/orders/catalog'));
});
afterAll(() => world?.close());

const money = { amount: expect.any(Number), currency: expect.stringMatching(/^[A-Z]{3}$/) };
const bodyOf = (more: object = {}) => ({
  items: [{ sku: product.sku, quantity: 3 }],
  currency: product.price.currency,
  paymentToken: 'tok_silent',
  ...more,
});
const post = (key: string | undefined, body: object = bodyOf()): Promise<Reply> =>
  world.shop.at('/orders/', {
    headers: { ...customer.bearer, ...(key !== undefined && { 'idempotency-key': key }) },
    body,
  });
const get = (path: string, headers = customer.bearer) => world.shop.at(`/orders/${path}`, { headers });
const cancel = (id: string, headers = customer.bearer) =>
  world.shop.at(`/orders/${id}/cancel`, { method: 'POST', headers });

describe('the catalog', () => {
  it('is for everybody: products with their prices', async () => {
    const products = answerOf<Product[]>(await world.shop.at('/orders/catalog'));
    expect(products.length).toBeGreaterThan(0);
    for (const one of products) {
      expect(one).toEqual({ sku: expect.any(String), name: expect.any(String), price: money });
      expect(Number.isSafeInteger(one.price.amount)).toBe(true);
    }
  });
});

describe('an order', () => {
  it('is 201 with its Location, pending, at the catalog’s prices', async () => {
    const reply = await post(randomUUID());
    const order = answerOf<{ id: string }>(reply, 201);
    expect(order).toEqual({
      id: expect.stringMatching(uuid7),
      status: 'pending',
      total: { amount: 3 * product.price.amount, currency: product.price.currency },
      createdAt: expect.stringMatching(utc),
    });
    expect(reply.headers.location).toBe(`/orders/${order.id}`);
    expect(reply.headers['idempotent-replayed']).toBeUndefined();
    expect(answerOf(await get(order.id))).toMatchObject({
      ...order,
      failureReason: null,
      history: [{ status: 'pending', at: expect.stringMatching(utc) }],
    });
  });

  it('of the same key and body is the same answer, replayed; of another body 422', async () => {
    const key = 'k'.repeat(255);
    const first = await post(key);
    const again = await post(key);
    expect(answerOf(again, 201)).toEqual(answerOf(first, 201));
    expect(again.headers.location).toBe(first.headers.location);
    expect(again.headers['idempotent-replayed']).toBe('true');
    problemOf(await post(key, bodyOf({ paymentToken: 'tok_declined' })), 422);
    const other = await world.shop.signUp();
    const theirs = await world.shop.at('/orders/', {
      headers: { ...other.bearer, 'idempotency-key': key },
      body: bodyOf(),
    });
    expect(answerOf<{ id: string }>(theirs, 201).id).not.toBe(first.json<{ id: string }>().id);
  });

  it('asked for many times at once by one key is one: 201, or 409 while it is in flight', async () => {
    const key = randomUUID();
    const replies = await Promise.all(Array.from({ length: 20 }, () => post(key)));
    for (const reply of replies.filter(({ status }) => status !== 201)) problemOf(reply, 409);
    const placed = replies.filter(({ status }) => status === 201);
    expect(new Set(placed.map((reply) => reply.json<{ id: string }>().id)).size).toBe(1);
    expect(placed.filter(({ headers }) => headers['idempotent-replayed'] === undefined)).toHaveLength(1);
  });

  it.each([
    ['without a key', undefined, {}],
    ['with an empty key', '', {}],
    ['with a key of 256 characters', 'k'.repeat(256), {}],
    ['of nothing', 'key', { items: [] }],
    ['of none of it', 'key', { items: [{ sku: 'SKU', quantity: 0 }] }],
    ['of half of it', 'key', { items: [{ sku: 'SKU', quantity: 0.5 }] }],
    ['of what is not sold', 'key', { items: [{ sku: 'no-such-thing', quantity: 1 }] }],
    ['in another currency', 'key', { currency: 'XTS' }],
    ['in no currency', 'key', { currency: 'euro' }],
    ['with a price of one’s own', 'key', { items: [{ sku: 'SKU', quantity: 1, price: 1 }] }],
    ['with a total of one’s own', 'key', { total: { amount: 1, currency: 'EUR' } }],
  ])('is 422 %s', async (_, key, more) => {
    const text = JSON.stringify(bodyOf(more)).replaceAll('"SKU"', JSON.stringify(product.sku));
    problemOf(await post(key, JSON.parse(text)), 422);
  });

  it('is nobody else’s to see or to cancel', async () => {
    const { id } = answerOf<{ id: string }>(await post(randomUUID()), 201);
    const other = await world.shop.signUp();
    problemOf(await get(id, other.bearer), 404);
    problemOf(await cancel(id, other.bearer), 404);
    expect(answerOf<Page>(await get('', other.bearer))).toEqual({ items: [], nextCursor: null });
  });
});

describe('own orders', () => {
  it('come newest first, page by page', async () => {
    const buyer = await world.shop.signUp();
    expect(answerOf(await get('', buyer.bearer))).toEqual({ items: [], nextCursor: null });
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) ids.unshift(await buyer.place('tok_declined'));
    const first = answerOf<Page>(await get('?limit=2', buyer.bearer));
    expect(first.nextCursor).toEqual(expect.any(String));
    const second = answerOf<Page>(await get(`?limit=2&cursor=${first.nextCursor}`, buyer.bearer));
    expect(second.nextCursor).toBeNull();
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
    expect(first.items[0]).toMatchObject({ total: money, createdAt: expect.stringMatching(utc) });
    const whole = answerOf<Page>(await get('?limit=3', buyer.bearer));
    expect([whole.items.length, whole.nextCursor]).toEqual([3, null]);
  });

  it.each(['limit=0', 'limit=101', 'limit=x', 'limit=1.5', 'cursor=x', 'cursor='])(
    'are 422 with %s',
    async (query) => {
      problemOf(await get(`?${query}`), 422);
    },
  );

  it('come a hundred at a time', async () => {
    answerOf(await get('?limit=1'));
    answerOf(await get('?limit=100'));
  });
});

describe('a cancellation', () => {
  const statuses = async (id: string) => (await customer.order(id)).history.map(({ status }) => status);

  it('of a pending order is 202, once; again it is 409', async () => {
    const id = await customer.place('tok_silent');
    expect(answerOf(await cancel(id), 202)).toMatchObject({ id, status: 'cancelled' });
    problemOf(await cancel(id), 409);
    expect(await statuses(id)).toEqual(['pending', 'cancelled']);
    const payment = await until('the payment has ended', async () => {
      const { status, captures } = await customer.payment(id);
      return status !== 'initiated' && { status, captures };
    });
    expect(payment).toEqual({ status: 'failed', captures: 0 });
    expect(await statuses(id)).toEqual(['pending', 'cancelled']);
  });

  it('of a paid order is 202 and a refund', async () => {
    const id = await customer.paid();
    expect(answerOf(await cancel(id), 202)).toMatchObject({ id, status: 'cancelled' });
    expect(await statuses(id)).toEqual(['pending', 'paid', 'cancelled']);
    await until('the money is back', async () => (await customer.payment(id)).status === 'refunded');
    problemOf(await cancel(id), 409);
  });

  it('of a failed order is 409', async () => {
    const order = await customer.ended('tok_declined');
    expect(order).toMatchObject({ status: 'failed', failureReason: 'declined' });
    const { id } = order;
    problemOf(await cancel(id), 409);
    expect(await statuses(id)).toEqual(['pending', 'failed']);
  });
});
