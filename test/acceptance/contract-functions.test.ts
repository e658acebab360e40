import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, problemOf, utc } from './support/problem.ts';
import { openWorld, type World } from './support/world.ts';

const exposed = [
  'auth',
  'orders',
  'payments',
  'notifications',
  'analytics',
  'api',
  'deadletters',
  'producer',
  'consumer',
  'worker',
];

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

describe.each(exposed)('%s', (fn) => {
  it('says at /health that it and its database serve', async () => {
    const health = answerOf<object>(await world.shop.at(`/${fn}/health`));
    expect(health).toMatchObject({ status: 'ok', checks: { database: 'ok' } });
    if (fn !== 'worker') expect(Object.keys(health)).toEqual(['status', 'checks']);
  });

  it('says at /live that it lives', async () => {
    expect(answerOf(await world.shop.at(`/${fn}/live`))).toEqual({ status: 'ok' });
  });

  it('says at /info which revision answers', async () => {
    expect(answerOf(await world.shop.at(`/${fn}/info`))).toEqual({
      service: fn,
      revision: expect.stringMatching(new RegExp(`^${fn}-\\d{5}$`)),
      version: expect.stringMatching(/./),
    });
  });

  it('answers HEAD as GET, without a body', async () => {
    const { status, text } = await world.shop.at(`/${fn}/health`, { method: 'HEAD' });
    expect([status, text]).toEqual([200, '']);
  });

  it.each(['/_events', '/_metrics', '/openapi.json'])('keeps %s to itself', async (path) => {
    const operator = await world.operator();
    for (const method of ['GET', 'POST'])
      problemOf(await world.shop.at(`/${fn}${path}`, { method, headers: operator }), 404);
  });
});

describe('the gateway', () => {
  it('answers health, live and info for itself', async () => {
    expect(answerOf(await world.shop.at('/health'))).toMatchObject({ status: 'ok' });
    expect(answerOf(await world.shop.at('/live'))).toEqual({ status: 'ok' });
    expect(answerOf(await world.shop.at('/info'))).toMatchObject({ service: 'gateway' });
  });
});

describe('the worker', () => {
  it('says at /health when it last made its round: a time, or null', async () => {
    const { lastHeartbeat } = answerOf<{ lastHeartbeat: string | null }>(
      await world.shop.at('/worker/health'),
    );
    expect(lastHeartbeat ?? '1970-01-01T00:00:00Z').toMatch(utc);
  });
});

describe('a function whose database is away', () => {
  it('lives, and answers 503 with Retry-After: at /health with the reason, else with a problem', async () => {
    const name = await world.serveCopy('orders', { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' });
    const at = (path: string) => world.web.send(world.hostOf(name), path);
    expect(answerOf(await at('/live'))).toEqual({ status: 'ok' });
    const health = await at('/health');
    expect(answerOf(health, 503)).toEqual({
      status: 'unavailable',
      checks: { database: expect.stringMatching(/./) },
    });
    expect(health.text).not.toMatch(/"ok"|nobody|127\.0\.0\.1/);
    expect(health.headers['retry-after']).toMatch(/^\d+$/);
    const { detail } = problemOf(await at('/catalog'), 503);
    expect(detail).not.toMatch(/nobody|127\.0\.0\.1|postgres/i);
  });
});

describe('a function that is reached through an ingress', () => {
  it('shows its document, and its metrics to nobody', async () => {
    const name = await world.serveCopy('orders');
    for (const path of ['/metrics', '/_metrics'])
      problemOf(await world.web.send(world.hostOf(name), path), 404);
    expect((await world.web.send(world.hostOf(name), '/openapi.json')).json()).toMatchObject({
      info: { title: 'orders' },
    });
  });
});
