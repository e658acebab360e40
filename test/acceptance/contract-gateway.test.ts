import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { documentedBy } from './support/documented.ts';
import { answerOf, problemOf } from './support/problem.ts';
import { openWorld, type World } from './support/world.ts';

const operations = await documentedBy(inject('target'));
const common = /\/(?:health|live|info)$/;
const by = (access: string) =>
  operations
    .filter((one) => one.access === access && !common.test(one.path))
    .map(({ method, path }) => `${method} ${path}`)
    .sort();

let world: World;
let operator: Record<string, string>;
beforeAll(async () => {
  world = await openWorld();
  operator = await world.operator();
});
afterAll(() => world?.close());

describe('who may call', () => {
  it('what is for everybody', async () => {
    expect(by('public')).toEqual([
      'GET /analytics/metrics',
      'GET /api/time',
      'GET /auth/.well-known/jwks.json',
      'GET /orders/catalog',
      'POST /auth/login',
      'POST /auth/refresh',
      'POST /auth/signup',
      'POST /payments/webhook',
    ]);
    for (const path of ['/analytics/metrics', '/api/time', '/auth/.well-known/jwks.json', '/orders/catalog'])
      expect([path, (await world.shop.at(path)).status]).toEqual([path, 200]);
  });

  it('what is for operators', () => {
    expect(by('operator')).toEqual([
      'GET /analytics/summary',
      'GET /api/messages',
      'GET /consumer/consumed',
      'GET /deadletters/',
      'POST /deadletters/{id}/discard',
      'POST /deadletters/{id}/redrive',
      'POST /producer/produce',
    ]);
  });

  it('the rest is for customers', () => {
    expect(by('customer')).toEqual([
      'GET /analytics/timeline/{subject}',
      'GET /notifications/',
      'GET /orders/',
      'GET /orders/{id}',
      'GET /payments/status',
      'POST /analytics/events',
      'POST /auth/logout',
      'POST /auth/validate',
      'POST /orders/',
      'POST /orders/{id}/cancel',
      'POST /payments/initiate',
    ]);
  });
});

describe('the gateway', () => {
  it('strips the first segment, with a slash behind it or without', async () => {
    const { bearer } = await world.shop.signUp();
    for (const path of ['/orders', '/orders/', '/orders?limit=1', '/notifications', '/notifications/'])
      expect(answerOf(await world.shop.at(path, { headers: bearer }))).toHaveProperty('items');
  });

  it('knows payments as payment, too', async () => {
    expect(answerOf(await world.shop.at('/payment/info'))).toMatchObject({ service: 'payments' });
    const customer = await world.shop.signUp();
    const id = await customer.paid();
    const at = (path: string) => world.shop.at(`${path}/status?orderId=${id}`, { headers: customer.bearer });
    expect(answerOf(await at('/payment'))).toEqual(answerOf(await at('/payments')));
  });

  it.each([
    '/bank/charges',
    '/bank/health',
    '/hello',
    '/hello/info',
    '/console',
    '/web/health',
    '/kit',
    '/no-such',
  ])('has no way to %s', async (path) => {
    problemOf(await world.shop.at(path, { headers: operator }), 404);
  });

  it.each([
    '/_events',
    '/orders/_events',
    '/metrics',
    '/orders/metrics',
    '/payments/reconcile',
    '/api/_metrics',
  ])('hides %s', async (path) => {
    for (const method of ['GET', 'POST'])
      problemOf(await world.shop.at(path, { method, headers: operator }), 404);
  });

  it('says nothing of what failed: a problem without a stack, a cause, or a path of a file', async () => {
    const customer = await world.shop.signUp();
    const replies = [
      await world.shop.at('/orders/', { raw: '{', headers: { ...customer.bearer, 'idempotency-key': 'x' } }),
      await world.shop.at(`/orders/${randomUUID()}`, { headers: customer.bearer }),
      await world.shop.at('/auth/login', { body: { email: 'x', password: 'x' } }),
    ];
    for (const { text } of replies)
      expect(text).not.toMatch(/\bat .*\.[tj]s|node_modules|stack|cause|select /i);
  });
});

describe('pages', () => {
  it.each(['/', '/docs'])('%s is HTML that runs nothing from elsewhere', async (path) => {
    const { status, headers, text } = await world.shop.at(path);
    expect([status, headers['content-type']]).toEqual([200, expect.stringMatching(/^text\/html/)]);
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*script-src 'self'/);
    expect(text).not.toMatch(/(?:src|href)="https?:/);
    problemOf(await world.shop.at(path, { method: 'POST' }), 405);
  });

  it('and data have the headers that keep browsers from making more of them', async () => {
    for (const path of ['/', '/docs', '/api/time', '/no-such']) {
      const { headers } = await world.shop.at(path);
      expect([path, headers]).toEqual([
        path,
        expect.objectContaining({
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
          'referrer-policy': 'no-referrer',
          'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
        }),
      ]);
      for (const inner of ['x-powered-by', 'access-control-allow-origin'])
        expect([path, headers[inner]]).toEqual([path, undefined]);
    }
  });

  it('/openapi.json is one document of OpenAPI 3.1 with all functions', async () => {
    const document = answerOf<{ openapi: string; paths: object }>(await world.shop.at('/openapi.json'));
    expect(document.openapi).toMatch(/^3\.1\./);
    const functions = new Set(Object.keys(document.paths).map((path) => path.split('/')[1]));
    expect([...functions].sort()).toEqual([
      'analytics',
      'api',
      'auth',
      'consumer',
      'deadletters',
      'notifications',
      'orders',
      'payments',
      'producer',
      'worker',
    ]);
  });
});
