import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, nobodys, problemOf, utc } from './support/problem.ts';
import { until } from './support/until.ts';
import { openWorld, type World } from './support/world.ts';

interface Entry {
  time: string;
  kind: string;
  service: string;
  event: string;
  attempt?: number;
  code?: number;
}

let world: World;
let operator: Record<string, string>;
let customer: Awaited<ReturnType<World['shop']['signUp']>>;
beforeAll(async () => {
  world = await openWorld();
  [operator, customer] = await Promise.all([world.operator(), world.shop.signUp()]);
});
afterAll(() => world?.close());

const metric = async (name: string): Promise<number> => {
  const { text } = await world.shop.at('/analytics/metrics');
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1],
  );
};
const summary = async () =>
  answerOf<{ records: number; events: Record<string, number> }>(
    await world.shop.at('/analytics/summary', { headers: operator }),
  );
const timeline = (subject: string, headers: Record<string, string> = customer.bearer) =>
  world.shop.at(`/analytics/timeline/${subject}`, { headers });

describe('an event of a client', () => {
  it('is 202, counted, and published to nobody', async () => {
    const type = `contract.${randomUUID()}`;
    const before = (await summary()).records;
    const body = { type, subject: 'a page', data: { clicks: 2 } };
    answerOf(await world.shop.at('/analytics/events', { headers: customer.bearer, body }), 202);
    answerOf(await world.shop.at('/analytics/events', { headers: customer.bearer, body: { type } }), 202);
    await until('it is counted', async () => (await summary()).records >= before + 2);
    expect((await summary()).events[type]).toBeUndefined();
    problemOf(await timeline('a%20page'), 404);
  });

  it.each([{}, { type: '' }, { type: 'x'.repeat(256) }, { type: 1 }, { type: 'x', time: 'now' }])(
    'is 422 where it is %j',
    async (body) => {
      problemOf(await world.shop.at('/analytics/events', { headers: customer.bearer, body }), 422);
    },
  );
});

describe('the metrics', () => {
  it('are aggregates for everybody: nobody’s orders, mail or money', async () => {
    const id = await customer.paid();
    await until('the order is counted', async () => (await metric('kagari_orders_total{status="paid"}')) > 0);
    const { status, headers, text } = await world.shop.at('/analytics/metrics');
    expect([status, headers['content-type']]).toEqual([200, expect.stringMatching(/^text\/plain/)]);
    for (const secret of [id, customer.userId, customer.credentials.email, 'amount', 'revenue', '@'])
      expect(text).not.toContain(secret);
    // The pod's own are elsewhere.
    expect(text).not.toContain('process_cpu_seconds_total');
    problemOf(await world.shop.at('/analytics/_metrics', { headers: operator }), 404);
  });
});

describe('the summary', () => {
  it('is for operators', async () => {
    problemOf(await world.shop.at('/analytics/summary', { headers: customer.bearer }), 403);
    problemOf(await world.shop.at('/analytics/summary'), 401);
    expect(await summary()).toMatchObject({
      orders: { paid: expect.any(Number) },
      payments: { succeeded: expect.any(Number) },
      users: expect.any(Number),
    });
  });
});

describe('a timeline', () => {
  it('has the steps of an own order: published, received, and each delivery with its answer', async () => {
    const id = await customer.paid();
    const all = await until('the mail is in it', async () => {
      const { subject, entries } = answerOf<{ subject: string; entries: Entry[] }>(await timeline(id));
      expect(subject).toBe(id);
      return entries.some(({ event }) => event === 'dev.kagari.notification.sent.v1') && entries;
    });
    for (const { time, kind, service, event, attempt, code } of all) {
      expect(time).toMatch(utc);
      expect(service).toMatch(/^[a-z]+$/);
      expect(event).toMatch(/^dev\.kagari\./);
      expect(kind).toMatch(/^(published|received|attempt)$/);
      if (kind === 'attempt')
        expect({ attempt, code }).toEqual({ attempt: expect.any(Number), code: expect.any(Number) });
    }
    expect(all.map(({ time }) => time)).toEqual(all.map(({ time }) => time).sort());
    for (const [service, event] of [
      ['orders', 'order.placed'],
      ['payments', 'payment.initiated'],
      ['payments', 'payment.succeeded'],
      ['orders', 'order.paid'],
    ])
      expect(all).toContainEqual(
        expect.objectContaining({ kind: 'published', service, event: `dev.kagari.${event}.v1` }),
      );
    expect(all).toContainEqual(
      expect.objectContaining({
        kind: 'attempt',
        service: 'payments',
        event: 'dev.kagari.order.placed.v1',
        code: 204,
      }),
    );
  });

  it('is its owner’s and the operator’s; to others there is none', async () => {
    const [id, other] = [await customer.paid(), await world.shop.signUp()];
    await until('it is there', async () => (await timeline(id)).status === 200);
    problemOf(await timeline(id, other.bearer), 404);
    answerOf(await timeline(id, operator));
    await until('one’s own, too', async () => (await timeline(customer.userId)).status === 200);
    problemOf(await timeline(customer.userId, other.bearer), 404);
    problemOf(await timeline(nobodys), 404);
    problemOf(await timeline(nobodys, operator), 404);
  });
});
