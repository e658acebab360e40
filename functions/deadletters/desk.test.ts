import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { orderPaid } from '../../eventing/contracts/order.ts';
import { clientOf } from '../../test/flow/support/client.ts';
import { deliver, eventOf } from '../../test/flow/support/events.ts';
import { createWorld, type FlowWorld } from '../../test/flow/support/world.ts';
import { startTestApp } from './testing.ts';

let world: FlowWorld;
let desk: Awaited<ReturnType<typeof startTestApp>>;
let request: ReturnType<typeof clientOf>;
let operator: string;

beforeAll(async () => {
  world = await createWorld();
  desk = await startTestApp(world.of('deadletters'));
  request = clientOf(desk.app);
  operator = await world.identity.token({ role: 'operator' });
});
afterAll(async () => {
  await desk?.close();
  await world?.close();
});

const failure = {
  knativeerrordest: 'http://notifications.kagari.svc.cluster.local/_events',
  knativeerrorcode: '503',
  knativeerrordata: Buffer.from('not yet').toString('base64'),
};
const newEvent = () =>
  eventOf(orderPaid, {
    orderId: uuidv7(),
    userId: uuidv7(),
    paymentId: uuidv7(),
    total: { amount: 1, currency: 'EUR' },
  });
const send = (event: Parameters<typeof deliver>[1]) => deliver(desk.app, event);
const as = (method: string, path: string, body?: unknown) =>
  request(method, path, { bearer: operator, ...(body !== undefined && { body }) });
interface Item {
  id: string;
  event: { id: string; [name: string]: unknown };
  state: string;
}
const itemsOf = async (event: { id: string }): Promise<Item[]> =>
  (await as('GET', '/?limit=100')).body.items.filter((item: Item) => item.event.id === event.id);
const newItem = async () => {
  const event = newEvent();
  expect(await send({ ...event, ...failure })).toBe(204);
  const [item] = await itemsOf(event);
  if (!item) throw new Error('not kept');
  return { event, item };
};
// Not by SQL: an event with a null character in its data makes the ->> operator fail.
const sent = async (event: { id: string }) =>
  (await desk.database.sql`select event from events.outbox order by id`)
    .map((row) => row.event)
    .filter(({ id }) => id === event.id);

describe('a dead letter', () => {
  test('is kept with its event as it was sent, and why it failed', async () => {
    const { event, item } = await newItem();
    expect(item).toEqual({
      id: expect.any(String),
      event,
      destination: failure.knativeerrordest,
      code: 503,
      reason: 'not yet',
      attempts: null,
      state: 'open',
      note: null,
      receivedAt: expect.stringMatching(/Z$/),
    });
  });

  test('delivered again, also at once, is one item; failed at another place, another one', async () => {
    const event = newEvent();
    const dead = { ...event, ...failure };
    const codes = await Promise.all([dead, dead, dead, dead].map(send));
    expect(codes).toEqual([204, 204, 204, 204]);
    expect(await itemsOf(event)).toHaveLength(1);
    await send({ ...dead, knativeerrordest: 'http://analytics.kagari.svc.cluster.local/_events' });
    expect(await itemsOf(event)).toHaveLength(2);
  });

  test.each([
    ['of an unknown type', { type: 'com.example.unknown' }],
    ['without data', { data: undefined, datacontenttype: undefined }],
    ['of text', { data: 'plain', datacontenttype: 'text/plain' }],
    ['of bytes', { data: undefined, data_base64: '/wD+', datacontenttype: 'application/octet-stream' }],
    ['with JSON that is none', { data: undefined, data_base64: Buffer.from('{').toString('base64') }],
    ['with a null character', { data: { text: 'a\0b' }, type: 'a\0b' }],
    ['with a long source', { source: `/${'s'.repeat(6_000)}` }],
    ['without a destination', { knativeerrordest: undefined }],
    ['from nowhere in particular', { subject: undefined, time: undefined }],
  ])('%s is kept, and can be sent again as it was', async (_, odd) => {
    const { knativeerrordest, knativeerrorcode, knativeerrordata, ...rest } = {
      ...newEvent(),
      ...failure,
      ...odd,
    } as ReturnType<typeof newEvent>;
    const event = JSON.parse(JSON.stringify(rest));
    expect(
      await send(
        JSON.parse(JSON.stringify({ ...event, knativeerrordest, knativeerrorcode, knativeerrordata })),
      ),
    ).toBe(204);
    const [item] = await itemsOf(event);
    expect(item?.event).toEqual(event);
    expect((await as('POST', `/${item?.id}/redrive`)).status).toBe(202);
    await expect
      .poll(() => world.sink.events.filter(({ id }) => id === event.id))
      .toEqual([{ ...event, kagariredrive: '1' }]);
  });

  test('that is no CloudEvent is 422', async () => {
    const { status } = await request('POST', '/_events', { body: { hello: 1 } });
    expect(status).toBe(422);
  });
});

describe('a redrive', () => {
  test('sends the original event once, marked; again it is 409', async () => {
    const { event, item } = await newItem();
    const answers = await Promise.all([1, 2, 3].map(() => as('POST', `/${item.id}/redrive`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409]);
    expect(await sent(event)).toEqual([{ ...event, kagariredrive: 1 }]);
    expect(await itemsOf(event)).toMatchObject([{ state: 'redriven' }]);
    expect((await as('POST', `/${item.id}/redrive`)).body.code).toBe('decided');
  });

  test('that fails again is a new item, and the old one stays redriven', async () => {
    const { event, item } = await newItem();
    await as('POST', `/${item.id}/redrive`);
    const again = { ...event, ...failure, kagariredrive: '1' };
    expect(await Promise.all([send(again), send(again)])).toEqual([204, 204]);
    const items = await itemsOf(event);
    expect(items.map(({ state }) => state)).toEqual(['open', 'redriven']);
    expect((await as('POST', `/${items[0]?.id}/redrive`)).status).toBe(202);
    expect((await sent(event)).map(({ kagariredrive }) => kagariredrive)).toEqual([1, 2]);
  });

  test('of one event from several places at once never takes one round twice', async () => {
    const event = newEvent();
    const places = ['a', 'b', 'c', 'd'];
    for (const place of places) await send({ ...event, ...failure, knativeerrordest: `http://${place}` });
    const items = await itemsOf(event);
    const answers = await Promise.all(items.map(({ id }) => as('POST', `/${id}/redrive`)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    expect((await sent(event)).map(({ kagariredrive }) => kagariredrive).sort()).toEqual([1, 2, 3, 4]);
  });
});

describe('a discard', () => {
  test('keeps the note, sends nothing, and is final', async () => {
    const { event, item } = await newItem();
    const answer = await as('POST', `/${item.id}/discard`, { note: ' of no use any more ' });
    expect([answer.status, answer.body]).toEqual([204, undefined]);
    expect(await itemsOf(event)).toMatchObject([{ state: 'discarded', note: 'of no use any more' }]);
    expect((await as('POST', `/${item.id}/redrive`)).status).toBe(409);
    expect((await as('POST', `/${item.id}/discard`, { note: 'x' })).status).toBe(409);
    expect(await sent(event)).toEqual([]);
  });

  test('and a redrive at once: one of them', async () => {
    const { event, item } = await newItem();
    const answers = await Promise.all([
      as('POST', `/${item.id}/redrive`),
      as('POST', `/${item.id}/discard`, { note: 'x' }),
    ]);
    const codes = answers.map(({ status }) => status);
    expect([
      [202, 409],
      [409, 204],
    ]).toContainEqual(codes);
    expect(await sent(event)).toHaveLength(codes[0] === 202 ? 1 : 0);
  });

  test.each([
    {},
    { note: '' },
    { note: '  ' },
    { note: 'x'.repeat(1001) },
    { note: 'x', by: 'me' },
    { note: 'a\0b' },
  ])('with %j is 422', async (body) => {
    const { item } = await newItem();
    expect((await as('POST', `/${item.id}/discard`, body)).status).toBe(422);
  });
});

test.each(['redrive', 'discard'])('%s of what does not exist is 404', async (verb) => {
  const body = verb === 'discard' ? { note: 'x' } : undefined;
  expect((await as('POST', `/${uuidv7()}/${verb}`, body)).status).toBe(404);
  expect((await as('POST', `/nonsense/${verb}`, body)).status).toBe(404);
});

describe('the list', () => {
  test('filters by type and state, page by page', async () => {
    const type = `com.example.${uuidv7()}`;
    const events = Array.from({ length: 5 }, () => ({ ...newEvent(), type }));
    for (const event of events) await send({ ...event, ...failure });
    const [newest] = (await as('GET', `/?type=${type}`)).body.items;
    await as('POST', `/${newest.id}/redrive`);
    const met: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await as('GET', `/?type=${type}&state=open&limit=3${cursor}`);
      met.push(...body.items.map(({ event }: Item) => event.id));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(met).toEqual(
      events
        .slice(0, 4)
        .map(({ id }) => id)
        .reverse(),
    );
    expect((await as('GET', `/?type=${type}&state=redriven`)).body.items).toHaveLength(1);
    expect((await as('GET', '/?type=com.example.none')).body).toEqual({ items: [], nextCursor: null });
  });

  test.each(['state=lost', 'limit=0', 'type=', 'type=%00', 'cursor=x', 'by=me'])(
    'refuses ?%s',
    async (query) => {
      expect((await as('GET', `/?${query}`)).status).toBe(422);
    },
  );

  test('and decisions are for operators only', async () => {
    const { item } = await newItem();
    const customer = await world.identity.token();
    for (const [method, path] of [
      ['GET', '/'],
      ['POST', `/${item.id}/redrive`],
      ['POST', `/${item.id}/discard`],
    ] as const) {
      expect((await request(method, path, { bearer: customer })).status).toBe(403);
      expect((await request(method, path)).status).toBe(401);
    }
  });
});
