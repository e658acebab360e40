import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { notificationSent } from '../../eventing/contracts/notification.ts';
import { orderPaid, orderPlaced } from '../../eventing/contracts/order.ts';
import { contracts } from '../../eventing/contracts/registry.ts';
import { clientOf } from '../../test/flow/support/client.ts';
import { deliver, eventOf } from '../../test/flow/support/events.ts';
import { createWorld, type FlowWorld } from '../../test/flow/support/world.ts';
import { startTestApp } from './testing.ts';

let world: FlowWorld;
let analytics: Awaited<ReturnType<typeof startTestApp>>;
let request: ReturnType<typeof clientOf>;
let operator: string;

beforeAll(async () => {
  world = await createWorld();
  analytics = await startTestApp(world.of('analytics'));
  request = clientOf(analytics.app);
  operator = await world.identity.token({ role: 'operator' });
});
afterAll(async () => {
  await analytics?.close();
  await world?.close();
});

const total = { amount: 1290, currency: 'EUR' };
const newOrder = async () => {
  const ids = { orderId: uuidv7(), userId: uuidv7(), paymentId: uuidv7() };
  const items = [{ sku: 'a', quantity: 1, unitAmount: 1290 }];
  return {
    ...ids,
    bearer: await world.identity.token({ sub: ids.userId }),
    placed: eventOf(orderPlaced, { ...ids, items, total, paymentToken: 'tok_ok' }),
    paid: eventOf(orderPaid, { ...ids, total }),
  };
};
const metrics = async () => (await analytics.app.request('/metrics')).text();
const readValue = async (series: string) =>
  Number(
    (await metrics())
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')[1],
  );

describe('an event told by a client', () => {
  test('is stored as it is, counted, and published to nobody', async () => {
    const { bearer, userId } = await newOrder();
    const before = await readValue('kagari_records_total');
    const told = {
      type: 'page.viewed',
      subject: '/',
      data: { path: '/', deep: [{ n: 1.5, text: 'ü' }, null] },
    };
    const { status, body } = await request('POST', '/events', { bearer, body: told });
    expect([status, body]).toEqual([202, { id: expect.any(String) }]);
    const { sql } = analytics.database;
    expect(
      await sql`select user_id, type, subject, data from analytics.records where id = ${body.id}`,
    ).toEqual([{ user_id: userId, ...told }]);
    expect((await request('POST', '/events', { bearer, body: { type: 'bare' } })).status).toBe(202);
    expect(await readValue('kagari_records_total')).toBe(before + 2);
    expect(world.sink.events).toEqual([]);
    expect(await sql`select 1 from events.outbox`).toEqual([]);
  });

  const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  test.each([
    ['too much data', `{"type":"x","data":"${'x'.repeat(17_000)}"}`, '#/data'],
    ['data nested too deep', `{"type":"x","data":${nested(21)}}`, '#/data'],
    ['data nested without end', `{"type":"x","data":${nested(100_000)}}`, '#/data'],
    ['no type', '{"data":1}', '#/type'],
    ['an empty type', '{"type":""}', '#/type'],
    ['a long subject', `{"type":"x","subject":"${'s'.repeat(256)}"}`, '#/subject'],
    ['another user', `{"type":"x","userId":"${uuidv7()}"}`, '#/userId'],
  ])('with %s is 422', async (_, body, pointer) => {
    const { bearer } = await newOrder();
    const answer = await request('POST', '/events', { bearer, body });
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });

  test('may have whatever fits', async () => {
    const { bearer } = await newOrder();
    for (const data of [nested(20), '0', 'null', '"text"', '1e400', '{"__proto__":1}'])
      expect((await request('POST', '/events', { bearer, body: `{"type":"x","data":${data}}` })).status).toBe(
        202,
      );
  });
});

describe('metrics', () => {
  test('are Prometheus’ text, for anybody, with every series from the start, and no money', async () => {
    const answer = await analytics.app.request('/metrics');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await answer.text();
    for (const status of ['pending', 'paid', 'failed', 'cancelled'])
      expect(text).toMatch(new RegExp(`^kagari_orders_total\\{status="${status}"\\} \\d+$`, 'm'));
    for (const { type } of contracts) expect(text).toContain(`kagari_events_total{type="${type}"}`);
    expect(text).toContain('# TYPE kagari_orders_total counter');
    expect(text).not.toMatch(/EUR|process_|1290/);
  });

  test('count an order at each status that it reaches, and never go down', async () => {
    const before = await Promise.all(
      ['pending', 'paid'].map((s) => readValue(`kagari_orders_total{status="${s}"}`)),
    );
    const { placed, paid } = await newOrder();
    expect(await deliver(analytics.app, paid)).toBe(204);
    expect(await deliver(analytics.app, placed)).toBe(204);
    expect(await readValue('kagari_orders_total{status="pending"}')).toBe((before[0] ?? 0) + 1);
    expect(await readValue('kagari_orders_total{status="paid"}')).toBe((before[1] ?? 0) + 1);
  });

  test('of the pod itself are elsewhere', async () => {
    expect(await (await analytics.app.request('/_metrics')).text()).toContain('process_cpu_seconds_total');
  });
});

describe('the summary', () => {
  test('is for operators', async () => {
    const { bearer } = await newOrder();
    expect((await request('GET', '/summary')).status).toBe(401);
    expect((await request('GET', '/summary', { bearer })).status).toBe(403);
  });

  test('tells how handlers fare, and how long things take', async () => {
    const { placed, paid } = await newOrder();
    await deliver(analytics.app, placed);
    await deliver(analytics.app, paid);
    expect(await deliver(analytics.app, { ...paid, id: uuidv7(), data: { orderId: 'none' } })).toBe(422);
    const { body } = await request('GET', '/summary', { bearer: operator });
    const service = body.handlers.services.find((one: { service: string }) => one.service === 'analytics');
    expect(service).toMatchObject({ refused: expect.any(Number), retriable: 0, p99Ms: expect.any(Number) });
    expect(service.refused).toBeGreaterThan(0);
    expect(service.attempts).toBeGreaterThan(service.refused);
    expect(Date.parse(body.handlers.since)).toBeLessThanOrEqual(Date.now());
    expect(body.delays.orderSettled.count).toBeGreaterThan(0);
    expect(body.delays.orderSettled.p50Ms).toBeLessThanOrEqual(body.delays.orderSettled.p99Ms);
  });
});

describe('an event', () => {
  test('of a type that nobody told us of is 422, and so is one with wrong data', async () => {
    const { paid } = await newOrder();
    expect(await deliver(analytics.app, { ...paid, type: 'dev.kagari.order.paid.v2' })).toBe(422);
    expect(await deliver(analytics.app, { ...paid, data: {} })).toBe(422);
  });

  test('makes its subject the user’s own: nobody else’s, whoever asks', async () => {
    const order = await newOrder();
    const mail = eventOf(notificationSent, {
      notificationId: uuidv7(),
      userId: order.userId,
      type: 'order-paid',
      subject: order.orderId,
    });
    await deliver(analytics.app, order.placed);
    await deliver(analytics.app, mail);
    const other = await newOrder();
    for (const subject of [order.orderId, mail.subject]) {
      expect((await request('GET', `/timeline/${subject}`, { bearer: order.bearer })).status).toBe(200);
      expect((await request('GET', `/timeline/${subject}`, { bearer: operator })).status).toBe(200);
      const refused = await request('GET', `/timeline/${subject}`, { bearer: other.bearer });
      const unknown = await request('GET', `/timeline/${uuidv7()}`, { bearer: other.bearer });
      expect([refused.status, refused.body]).toEqual([404, unknown.body]);
    }
  });
});

test.each(['x', '%00', "'or'1'='1", 'a'.repeat(5_000), '%F0%9F%8D%B5', '%25'])(
  'a timeline of %s is 404 for everybody',
  async (subject) => {
    const { bearer } = await newOrder();
    for (const who of [bearer, operator])
      expect((await request('GET', `/timeline/${subject}`, { bearer: who })).status).toBe(404);
  },
);
