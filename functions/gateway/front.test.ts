import { once } from 'node:events';
import { Agent, createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApiDocument } from '../kit/openapi.ts';
import { operation } from '../kit/operation.ts';
import { startTestServer, type TestServer, testBase, testIdentity } from '../kit/testing.ts';
import { createApp } from './app.ts';
import { createForward } from './forward.ts';
import { testDefaults } from './testing.ts';

const origin = 'https://shop.example';
let upstream: Server;
let gateway: TestServer;
let agent: Agent;
let bearer: string;
const arrived: string[] = [];

beforeAll(async () => {
  upstream = createServer((incoming, outgoing) => {
    arrived.push(`${incoming.method} ${incoming.url}`);
    const page = !incoming.url?.startsWith('/own');
    outgoing.writeHead(200, {
      'content-type': page ? 'text/html; charset=utf-8' : 'application/json',
      'access-control-allow-origin': '*',
      ...(incoming.url === '/app/strict' && { 'content-security-policy': "default-src 'none'" }),
    });
    outgoing.end(page ? '<!doctype html>' : '{}');
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  agent = new Agent({ keepAlive: true });
  const identity = await testIdentity();
  bearer = `Bearer ${await identity.token()}`;
  const plain = { summary: '', responses: {} };
  const operations = {
    read: operation({ ...plain, method: 'get', path: '/own', access: 'customer' }),
    write: operation({ ...plain, method: 'post', path: '/own', access: 'customer' }),
  };
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  gateway = await startTestServer(
    createApp({
      base: { ...testBase('gateway'), verify: identity.verify },
      documents: { orders: openApiDocument('orders', '1', operations) },
      urls: { orders: url, web: url },
      forward: createForward({ agent, timeoutMs: 5_000 }),
      ...testDefaults(),
      origins: [origin],
    }),
  );
});
afterAll(async () => {
  await gateway?.close();
  agent?.destroy();
  upstream?.close();
  upstream?.closeAllConnections();
});

const ask = (path: string, init: RequestInit = {}) =>
  fetch(gateway.url + path, { redirect: 'manual', ...init });

describe('pages', () => {
  it.each([
    '/',
    '/?from=mail',
    '/app',
    '/app/',
    '/app/orders/0192f0c1-7a3b',
    '/assets/v1/style.css',
    '/favicon.ico',
  ])('%s comes from web, as it was asked for', async (path) => {
    const response = await ask(path);
    expect([response.status, arrived.at(-1)]).toEqual([200, `GET ${path}`]);
  });

  it.each([
    '/assets',
    '/assets/',
    '/apps',
    '/app//x',
    '/app/..%2fx',
    '/app/_events',
    '/assets/%2e%2e/_events',
    '/_events',
    '/orders/app',
    '/live2',
    '/web/health',
    '/app/metrics',
  ])('%s is none', async (path) => {
    const before = arrived.length;
    expect((await ask(path)).status).toBe(404);
    expect(arrived).toHaveLength(before);
  });

  it('are only read', async () => {
    const before = arrived.length;
    const response = await ask('/app/signup', { method: 'POST' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(arrived).toHaveLength(before);
    expect((await ask('/', { method: 'HEAD' })).status).toBe(200);
  });

  it('run what is from here and nothing else; a page that says something stricter is heard', async () => {
    const { headers } = await ask('/app/shop');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('strict-transport-security')).toBeNull();
    expect((await ask('/app/strict')).headers.get('content-security-policy')).toBe("default-src 'none'");
    const tls = await ask('/app/shop', {
      headers: { 'x-forwarded-for': '203.0.113.1', 'x-forwarded-proto': 'https' },
    });
    expect(tls.headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/);
  });
});

describe('scripts of other sites', () => {
  const preflight = (path: string, from: string) =>
    ask(path, { method: 'OPTIONS', headers: { origin: from, 'access-control-request-method': 'POST' } });

  it('of a named site may call what there is, with a bearer, and read what they need', async () => {
    const allowed = await preflight('/orders/own', origin);
    expect(allowed.status).toBe(204);
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, POST, HEAD',
      'access-control-allow-headers': expect.stringContaining('authorization'),
      'access-control-max-age': '600',
      vary: 'origin',
    });
    for (const authorization of [bearer, 'Bearer wrong']) {
      const { headers } = await ask('/orders/own', { headers: { origin, authorization } });
      expect(headers.get('access-control-allow-origin')).toBe(origin);
      expect(headers.get('access-control-expose-headers')).toContain('retry-after');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
    }
  });

  it('of any other may not, whatever a function says', async () => {
    for (const from of ['https://evil.example', `${origin}.evil.example`, 'null', origin.toUpperCase()]) {
      expect((await preflight('/orders/own', from)).status).toBe(405);
      const { headers } = await ask('/orders/own', { headers: { origin: from, authorization: bearer } });
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('vary')).toBe('origin');
    }
    expect((await preflight('/orders/none', origin)).status).toBe(404);
  });
});

describe('what changes with the image only', () => {
  it.each(['/openapi.json', '/docs', '/docs/start.js', '/docs/swagger-ui.css'])(
    '%s is spared whoever has it',
    async (path) => {
      const first = await ask(path);
      expect(first.status).toBe(200);
      expect(first.headers.get('cache-control')).toMatch(/^public, max-age=\d+$/);
      const etag = first.headers.get('etag') ?? '';
      const again = await ask(path, { headers: { 'if-none-match': `"other", W/${etag}` } });
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
      expect((await ask(path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
      const head = await ask(path, { method: 'HEAD' });
      expect([head.status, head.headers.get('etag')]).toEqual([200, etag]);
    },
  );

  it('the documentation has no other file', async () => {
    for (const file of ['package.json', 'index.html', '..%2fmain.mjs', 'toString', '__proto__'])
      expect((await ask(`/docs/${file}`)).status).toBe(404);
  });
});
