import { beforeAll, describe, expect, it } from 'vitest';
import { openApiDocument } from '../kit/openapi.ts';
import { operation } from '../kit/operation.ts';
import { testBase, testIdentity } from '../kit/testing.ts';
import { createApp } from './app.ts';
import { testDefaults } from './testing.ts';

let app: ReturnType<typeof createApp>;
beforeAll(async () => {
  const { verify } = await testIdentity();
  const read = operation({ method: 'get', path: '/:id', access: 'customer', summary: '', responses: {} });
  const reset = operation({ method: 'post', path: '/reset', access: 'internal', summary: '', responses: {} });
  app = createApp({
    base: { ...testBase('gateway'), verify },
    documents: {
      orders: openApiDocument('orders', '1', { read, reset }),
      auth: openApiDocument('auth', '1', {}),
    },
    urls: { orders: 'http://orders.internal', auth: 'http://auth.internal' },
    ...testDefaults(),
    forward: async () => {
      throw new Error('nothing here is to be forwarded');
    },
  });
});

describe('/openapi.json', () => {
  it('has the paths of all functions below their names, and no internal one', async () => {
    const document = await (await app.request('/openapi.json')).json();
    expect(Object.keys((document as { paths: object }).paths).sort()).toEqual([
      '/auth/health',
      '/auth/info',
      '/auth/live',
      '/orders/health',
      '/orders/info',
      '/orders/live',
      '/orders/{id}',
    ]);
    expect(document).toMatchObject({
      openapi: '3.1.1',
      components: { schemas: { Problem: {} }, responses: { 503: {} }, securitySchemes: { bearer: {} } },
    });
  });
});

it.each(['/health', '/live', '/info'])('answers %s for itself', async (path) => {
  expect((await app.request(path)).status).toBe(200);
});

it.each([
  '/docs/',
  '/docs/package.json',
  '/index.html',
  '/orders',
  '/favicon.ico',
  '/.env',
  '/openapi.json/',
])('%s is 404', async (path) => {
  const response = await app.request(path);
  expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
});

it('another method of its own pages is 405', async () => {
  const response = await app.request('/docs', { method: 'POST' });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});
