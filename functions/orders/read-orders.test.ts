import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf } from '../../test/flow/support/client.ts';
import { createWorld, type FlowWorld } from '../../test/flow/support/world.ts';
import { startTestApp } from './testing.ts';

let world: FlowWorld;
let orders: Awaited<ReturnType<typeof startTestApp>>;
let request: ReturnType<typeof clientOf>;
let bearer: string;
let stranger: string;
/** Of `bearer`, newest first. */
const placed: string[] = [];

const place = async () => {
  const body = { items: [{ sku: 'cup-yunomi', quantity: 1 }], currency: 'EUR', paymentToken: 'tok_ok' };
  const answer = await request('POST', '/', { bearer, body, headers: { 'idempotency-key': uuidv7() } });
  placed.unshift(answer.body.id);
};

beforeAll(async () => {
  world = await createWorld();
  orders = await startTestApp(world.of('orders'));
  request = clientOf(orders.app);
  bearer = await world.identity.token({ sub: uuidv7() });
  stranger = await world.identity.token({ sub: uuidv7() });
  for (let i = 0; i < 7; i++) await place();
});
afterAll(async () => {
  await orders?.close();
  await world?.close();
});

describe('an order', () => {
  test('is 404 for anybody but its owner, as one that does not exist', async () => {
    const mine = await request('GET', `/${placed[0]}`, { bearer });
    const foreign = await request('GET', `/${placed[0]}`, { bearer: stranger });
    const none = await request('GET', `/${uuidv7()}`, { bearer: stranger });
    expect([mine.status, foreign.status, none.status]).toEqual([200, 404, 404]);
    expect(foreign.body).toEqual(none.body);
  });

  test.each(['nonsense', '1', '00000000-0000-0000-0000', '%00'])('with the id %s is 404', async (id) => {
    expect((await request('GET', `/${id}`, { bearer })).status).toBe(404);
  });
});

describe('the list', () => {
  test('has own orders only, newest first, page by page without gap or repetition', async () => {
    const met: string[] = [];
    let cursor = '';
    for (let pages = 0; pages < 10; pages++) {
      const { status, body } = await request('GET', `/?limit=3${cursor && `&cursor=${cursor}`}`, { bearer });
      expect(status).toBe(200);
      expect(body.items.length).toBeLessThanOrEqual(3);
      met.push(...body.items.map(({ id }: { id: string }) => id));
      // What comes in meanwhile moves nothing.
      if (pages === 0) await place();
      if (body.nextCursor === null) break;
      cursor = body.nextCursor;
    }
    expect(met).toEqual(placed.slice(1));
    expect((await request('GET', '/', { bearer: stranger })).body).toEqual({ items: [], nextCursor: null });
  });

  test('shows an order as it is shown alone, without items and history', async () => {
    const { items: summaries } = (await request('GET', '/?limit=1', { bearer })).body;
    const { items: _, history: __, ...alone } = (await request('GET', `/${placed[0]}`, { bearer })).body;
    expect(summaries).toEqual([alone]);
  });

  test.each(['limit=0', 'limit=101', 'limit=x', 'cursor=nonsense', 'page=2', 'limit=1&limit=2'])(
    'refuses ?%s',
    async (query) => {
      expect((await request('GET', `/?${query}`, { bearer })).status).toBe(422);
    },
  );
});
