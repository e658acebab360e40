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

describe('the page at /', () => {
  const page = async (host?: string) => {
    const response = await app.request('/', host === undefined ? {} : { headers: { host } });
    return { response, html: await response.text() };
  };

  it('says what runs and how to try it, with nothing from elsewhere', async () => {
    const { response, html } = await page('localhost:9090');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    for (const text of [
      'href="/orders/health"',
      'href="/auth/health"',
      'curl -s http://localhost:9090/auth/signup',
    ])
      expect(html).toContain(text);
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(/i);
    expect(html.match(/https?:\/\/[^/\s'"]+/g)?.every((url) => url === 'http://localhost:9090')).toBe(true);
  });

  it('is styled by nothing but its own style', async () => {
    const { response, html } = await page();
    const style = /<style>([\s\S]*)<\/style>/.exec(html)?.[1] ?? '';
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style));
    const hash = Buffer.from(digest).toString('base64');
    expect(response.headers.get('content-security-policy')).toContain(`style-src 'sha256-${hash}'`);
    expect(html).not.toContain('style=');
  });

  it.each(['"><script>alert(1)</script>', 'a b', "x'y", 'x;y', '$(reboot)', '`reboot`'])(
    'repeats no Host that is more than a name: %s',
    async (host) => {
      const { html } = await page(host);
      expect(html).not.toContain(host);
      expect(html).toContain('http://localhost:8080/auth/signup');
    },
  );
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

it('another method of its own page is 405', async () => {
  const response = await app.request('/', { method: 'POST' });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});
