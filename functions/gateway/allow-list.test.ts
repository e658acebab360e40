import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openApiDocument } from '../kit/openapi.ts';
import { operation } from '../kit/operation.ts';
import { createAllowList } from './allow-list.ts';

const plain = { summary: '', responses: {} };
const orders = {
  catalog: operation({ ...plain, method: 'get', path: '/catalog', access: 'public' }),
  place: operation({ ...plain, method: 'post', path: '/', access: 'customer' }),
  find: operation({
    ...plain,
    method: 'get',
    path: '/:id',
    access: 'customer',
    params: z.object({ id: z.uuid() }),
  }),
  cancel: operation({
    ...plain,
    method: 'post',
    path: '/:id/cancel',
    access: 'customer',
    params: z.object({ id: z.uuid() }),
  }),
  reconcile: operation({ ...plain, method: 'post', path: '/reconcile', access: 'internal' }),
};
const analytics = {
  aggregates: operation({ ...plain, method: 'get', path: '/metrics', access: 'public' }),
  timeline: operation({
    ...plain,
    method: 'get',
    path: '/timeline/:subject',
    access: 'customer',
    params: z.object({ subject: z.string() }),
  }),
};
const documents = {
  orders: openApiDocument('orders', '1', orders),
  analytics: openApiDocument('analytics', '1', analytics),
  payments: openApiDocument('payments', '1', { place: orders.place }),
  bank: openApiDocument('bank', '1', { place: orders.place }),
};
const match = createAllowList(documents);
const id = '0192f0c1-7a3b-7cde-8f01-23456789abcd';

describe('the allow-list', () => {
  it.each([
    [
      'GET',
      '/orders/catalog',
      { fn: 'orders', path: '/catalog', route: '/orders/catalog', access: 'public' },
    ],
    [
      'HEAD',
      '/orders/catalog',
      { fn: 'orders', path: '/catalog', route: '/orders/catalog', access: 'public' },
    ],
    ['POST', '/orders', { fn: 'orders', path: '/', route: '/orders/', access: 'customer' }],
    ['POST', '/orders/', { fn: 'orders', path: '/', route: '/orders/', access: 'customer' }],
    ['GET', `/orders/${id}`, { fn: 'orders', path: `/${id}`, route: '/orders/{id}', access: 'customer' }],
    [
      'GET',
      '/payment/health',
      { fn: 'payments', path: '/health', route: '/payments/health', access: 'public' },
    ],
    [
      'GET',
      '/analytics/metrics',
      { fn: 'analytics', path: '/metrics', route: '/analytics/metrics', access: 'public' },
    ],
    [
      'GET',
      '/analytics/timeline/a%20b',
      {
        fn: 'analytics',
        path: '/timeline/a%20b',
        route: '/analytics/timeline/{subject}',
        access: 'customer',
      },
    ],
  ])('lets %s %s pass', (method, path, passage) => {
    expect(match(method, path)).toEqual(passage);
  });

  it.each([
    ['DELETE', '/orders/', ['POST']],
    ['POST', '/orders/catalog', ['GET', 'HEAD']],
    ['GET', `/orders/${id}/cancel`, ['POST']],
  ])('knows what else than %s there is at %s', (method, path, allow) => {
    expect(match(method, path)).toEqual({ allow });
  });

  it.each([
    '/',
    '',
    '//',
    '/orders/reconcile',
    '/orders/_events',
    '/orders/metrics',
    '/orders/_metrics',
    '/orders/openapi.json',
    '/orders/not-an-id',
    '/orders/catalog/',
    '/orders//catalog',
    '//orders/catalog',
    '/ORDERS/catalog',
    '/orders/CATALOG',
    '/orders/%63atalog',
    '/orders%2fcatalog',
    '/bank/health',
    '/hello',
    '/toString',
    '/__proto__',
    '/constructor/health',
    '/analytics/timeline/',
    '/analytics/timeline/..',
    '/analytics/timeline/%2e%2E',
    '/analytics/timeline/a%2fb',
    '/analytics/timeline/a%5cb',
    '/analytics/timeline/%',
    '/analytics/timeline/%00',
    '/analytics/timeline/\u0001',
    '/analytics/timeline/é',
    '/analytics/timeline/_events',
    '/analytics/timeline/%5fevents',
    'http://localhost/orders/catalog',
  ])('knows nothing of %j', (path) => {
    expect(match('GET', path)).toBeUndefined();
    expect(match('POST', path)).toBeUndefined();
  });

  it('does not rely on the documents leaving out what is internal', () => {
    const marked = openApiDocument('orders', '1', { catalog: orders.catalog });
    for (const access of ['internal', undefined, 'Public', '']) {
      const catalog = { get: { ...marked.paths['/catalog']?.get, 'x-kagari-access': access } };
      const strict = createAllowList({ orders: { ...marked, paths: { '/catalog': catalog } } });
      expect(strict('GET', '/orders/catalog')).toBeUndefined();
    }
  });

  it('lets nothing pass that a URL parser would read as another path', () => {
    const word = fc.constantFrom('timeline', 'catalog', 'metrics', '_events', 'health', 'reconcile', id, 'x');
    const trick = fc.constantFrom(
      '.',
      '..',
      '%2e',
      '%2E%2e',
      '%2f',
      '%5c',
      '\\',
      ';',
      '?',
      '#',
      '%00',
      '%25',
      '%5f',
      '@',
    );
    const segment = fc.oneof(
      { weight: 4, arbitrary: word },
      {
        weight: 2,
        arbitrary: fc.array(fc.oneof(word, trick), { maxLength: 3 }).map((parts) => parts.join('')),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 4 }) },
    );
    const path = fc
      .tuple(fc.constantFrom('orders', 'analytics', 'payment', 'bank'), fc.array(segment, { maxLength: 3 }))
      .map(([fn, segments]) => `/${[fn, ...segments].join('/')}`);
    let passed = 0;
    fc.assert(
      fc.property(path, (given) => {
        const matched = match('GET', given);
        if (!matched || !('fn' in matched)) return;
        passed++;
        const url = new URL(matched.path, 'http://orders.internal');
        expect([url.host, url.pathname, url.search]).toEqual(['orders.internal', matched.path, '']);
        expect(decodeURIComponent(matched.path)).not.toMatch(/\/_events|^\/reconcile|\/\.{1,2}(\/|$)|\\|\0/);
      }),
      { numRuns: 10_000 },
    );
    expect(passed).toBeGreaterThan(50);
  });
});
