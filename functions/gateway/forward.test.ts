import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openApiDocument } from '../kit/openapi.ts';
import { operation } from '../kit/operation.ts';
import { startTestServer, type TestServer, testBase, testIdentity } from '../kit/testing.ts';
import { createApp } from './app.ts';
import { createArrivals, networksVariable } from './arrival.ts';
import { createForward } from './forward.ts';
import { testDefaults } from './testing.ts';

const operations = {
  read: operation({ method: 'get', path: '/', access: 'public', summary: '', responses: {} }),
  write: operation({
    method: 'post',
    path: '/',
    access: 'public',
    summary: '',
    body: z.unknown(),
    responses: {},
  }),
};

type Handler = (incoming: IncomingMessage, outgoing: ServerResponse) => unknown;
let handler: Handler;
let received: IncomingMessage[];
let connections: number;
let upstream: Server;
let agent: Agent;
let gateway: TestServer;

beforeEach(async () => {
  [received, connections] = [[], 0];
  handler = (_, outgoing) => outgoing.end('ok');
  upstream = createServer((incoming, outgoing) => {
    received.push(incoming);
    handler(incoming, outgoing);
  }).listen(0, '127.0.0.1');
  upstream.on('connection', () => connections++);
  await once(upstream, 'listening');
  agent = new Agent({ keepAlive: true });
  await startGateway(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`);
});
afterEach(async () => {
  await gateway.close();
  agent.destroy();
  upstream.close();
  upstream.closeAllConnections();
});

const startGateway = async (url: string, timeoutMs = 300) => {
  await gateway?.close();
  const { verify } = await testIdentity();
  gateway = await startTestServer(
    createApp({
      base: { ...testBase('gateway'), verify },
      documents: { orders: openApiDocument('orders', '1', operations) },
      urls: { orders: url },
      forward: createForward({ agent, timeoutMs }),
      ...testDefaults(),
      // Whoever calls here is a client, not one of our own hops.
      arrivals: createArrivals(networksVariable.parse('192.0.2.0/24')),
    }),
  );
};

const call = (method = 'GET', headers: Record<string, string> = {}, path = '/orders/') => {
  const { hostname, port } = new URL(gateway.url);
  const sent = request({ hostname, port, method, path, headers, agent: false });
  const answer = once(sent, 'response').then(([response]) => response as IncomingMessage);
  answer.catch(() => {});
  return { sent, answer };
};
const get = async (headers: Record<string, string> = {}, path?: string) => {
  const { sent, answer } = call('GET', headers, path);
  sent.end();
  const response = await answer;
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
};

describe('what passes', () => {
  it('path and query go on as they came, the answer comes back as it is', async () => {
    handler = (_, outgoing) => {
      outgoing.writeHead(418, 'Teapot', {
        'set-cookie': ['a=1', 'b=2'],
        'x-own': 'yes',
        'content-type': 'text/json',
      });
      outgoing.end('[]');
    };
    const answer = await get({ 'x-asked': '1' }, '/orders?a=%2F&b=%c3%a9&c');
    expect(received[0]?.url).toBe('/?a=%2F&b=%c3%a9&c');
    expect(received[0]?.headers['x-asked']).toBe('1');
    expect(answer).toMatchObject({
      status: 418,
      body: '[]',
      headers: { 'set-cookie': ['a=1', 'b=2'], 'x-own': 'yes' },
    });
  });

  it('keeps its connections, and asks again where one was just closed', async () => {
    await get();
    await get();
    expect(connections).toBe(1);
    // Closed without a word, as by a proxy that forgot it: the next request meets the reset.
    handler = (incoming, outgoing) => {
      if (received.length === 3) incoming.socket.resetAndDestroy();
      else outgoing.end('ok');
    };
    expect(await get()).toMatchObject({ status: 200, body: 'ok' });
    expect(received).toHaveLength(4);
  });

  it('asks but once for what may have been done before the connection was closed', async () => {
    await get();
    handler = (incoming) => incoming.socket.resetAndDestroy();
    const { sent, answer } = call('POST', { 'content-length': '0' });
    sent.end();
    expect((await answer).statusCode).toBe(503);
    expect(connections).toBe(1);
    expect(received).toHaveLength(2);
  });

  it('streams events: each is out before the next one is made', async () => {
    handler = async (_, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      outgoing.flushHeaders();
    };
    const { sent, answer } = call();
    sent.end();
    const response = await answer;
    expect(response.headers['content-type']).toBe('text/event-stream');
    const outgoing = (received[0] as unknown as { socket: { _httpMessage: ServerResponse } }).socket
      ._httpMessage;
    for (const word of ['one', 'two']) {
      outgoing.write(`data: ${word}\n\n`);
      const [chunk] = await once(response, 'data');
      expect(String(chunk)).toBe(`data: ${word}\n\n`);
    }
    outgoing.end();
    await once(response, 'end');
  });

  it('streams a body up: the function has the first part before the second is sent', async () => {
    const parts: string[] = [];
    handler = async (incoming, outgoing) => {
      for await (const chunk of incoming) parts.push(String(chunk));
      outgoing.end('ok');
    };
    const { sent, answer } = call('POST');
    sent.write('one');
    await expect.poll(() => parts).toEqual(['one']);
    sent.end('two');
    expect((await answer).statusCode).toBe(200);
    expect(parts).toEqual(['one', 'two']);
    expect(received[0]?.headers['transfer-encoding']).toBe('chunked');
  });

  it('an answer of many MiB is not held back, nor is it all held', async () => {
    const size = 32 * 1024 * 1024;
    handler = (_, outgoing) => outgoing.end(Buffer.alloc(size));
    const { sent, answer } = call();
    sent.end();
    expect((await buffer(await answer)).length).toBe(size);
  });
});

describe('what stays here', () => {
  it('where a client says it came from, Knative’s and an event’s words, and hop-by-hop headers', async () => {
    await get({
      'x-forwarded-for': '10.0.0.1',
      'X-Forwarded-Host': 'evil',
      'x-forwarded-proto': 'https',
      'x-forwarded-anything': '1',
      forwarded: 'for=10.0.0.1',
      'x-real-ip': '10.0.0.1',
      'k-revision': 'x',
      'Knative-Serving-Tag': 'candidate',
      'ce-id': '1',
      'CE-Type': 'dev.kagari.payment.succeeded.v1',
      connection: 'close, x-mine',
      'x-mine': '1',
      te: 'trailers',
      'proxy-authorization': 'Basic x',
      'keep-alive': 'timeout=1',
      upgrade: 'websocket',
    });
    const { headers } = received[0] as IncomingMessage;
    expect(headers).toEqual({
      host: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      connection: 'keep-alive',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': new URL(gateway.url).host,
    });
  });

  it('what is inner about an answer; and every answer has the security headers', async () => {
    handler = (_, outgoing) => {
      const inner = {
        server: 'x',
        'x-powered-by': 'x',
        'k-proxy': 'x',
        'x-envoy-upstream': '1',
        connection: 'x-hop',
        'x-hop': '1',
      };
      outgoing.writeHead(200, { ...inner, 'cache-control': 'max-age=5' }).end();
    };
    const { headers } = await get();
    for (const name of ['server', 'x-powered-by', 'k-proxy', 'x-envoy-upstream', 'x-hop'])
      expect(headers).not.toHaveProperty(name);
    const own = [headers, (await get({}, '/docs/start.js')).headers, (await get({}, '/no/where')).headers];
    for (const given of own)
      expect(given).toMatchObject({
        'content-security-policy': expect.stringContaining("default-src 'none'"),
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      });
    expect(headers['cache-control']).toBe('max-age=5');
  });
});

describe('what goes wrong', () => {
  const problem = async (expected: number, asked = get()) => {
    const { status, headers, body } = await asked;
    expect([status, headers['content-type']]).toEqual([expected, 'application/problem+json']);
    if (expected === 503) expect(headers['retry-after']).toBe('1');
    return JSON.parse(body);
  };

  it('a function that is not there is 503', async () => {
    await startGateway('http://127.0.0.1:1');
    await problem(503);
  });

  it('a function that hangs up is 503', async () => {
    handler = (incoming) => incoming.socket.destroy();
    await problem(503);
  });

  it('a function that does not answer in time is 504', async () => {
    handler = () => {};
    await problem(504);
  });

  it('a function that stops reading is 504 too, however much is to come', async () => {
    handler = () => {};
    const { sent, answer } = call('POST', { 'content-length': String(1024 * 1024) });
    sent.on('error', () => {});
    sent.write('first');
    const began = performance.now();
    expect((await answer).statusCode).toBe(504);
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  it('an upload that goes on is no function that does not answer', async () => {
    handler = async (incoming, outgoing) => outgoing.end(await text(incoming));
    const { sent, answer } = call('POST');
    for (const part of ['one', 'two', 'three', 'four']) {
      sent.write(part);
      await sleep(150);
    }
    sent.end();
    const response = await answer;
    expect([response.statusCode, await text(response)]).toEqual([200, 'onetwothreefour']);
  });

  it('a function that has begun may take its time', async () => {
    handler = async (_, outgoing) => {
      outgoing.write('a');
      await sleep(500);
      outgoing.end('b');
    };
    expect((await get()).body).toBe('ab');
  });

  it.each([
    [404, 503],
    [502, 503],
    [503, 503],
    [504, 504],
  ])('plain text from before the function, %i, is a problem with %i', async (status, expected) => {
    handler = (_, outgoing) =>
      outgoing.writeHead(status, { 'content-type': 'text/plain' }).end('upstream secret');
    expect(JSON.stringify(await problem(expected))).not.toContain('secret');
  });

  it('a 502 of the data plane, where a function broke off, is 503', async () => {
    handler = (_, outgoing) =>
      outgoing
        .writeHead(502, { 'content-type': 'application/problem+json' })
        .end('{"detail":"upstream secret"}');
    expect(JSON.stringify(await problem(503))).not.toContain('secret');
  });

  it('a function that breaks off in the middle breaks the answer off, too', async () => {
    handler = (incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-length': '100' });
      outgoing.write('half');
      setTimeout(() => incoming.socket.destroy(), 20);
    };
    await expect(get()).rejects.toThrow();
  });

  it('a body above 1 MiB never reaches the function when announced, and is cut off when not', async () => {
    let size = 0;
    handler = (incoming) => incoming.on('data', (chunk) => (size += chunk.length)).on('error', () => {});
    const announced = call('POST', { 'content-length': String(1024 * 1024 + 1) });
    announced.sent.on('error', () => {});
    announced.sent.flushHeaders();
    expect((await announced.answer).statusCode).toBe(413);
    expect(received).toHaveLength(0);
    const chunked = call('POST');
    chunked.sent.on('error', () => {});
    chunked.sent.write(Buffer.alloc(3 * 1024 * 1024));
    expect((await chunked.answer).statusCode).toBe(413);
    expect(size).toBeLessThanOrEqual(1024 * 1024);
  });

  it('whoever goes away before there is an answer ends the call', async () => {
    await startGateway(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`, 60_000);
    let ended = false;
    handler = (_, outgoing) => {
      outgoing.on('close', () => {
        ended = true;
      });
    };
    const { sent } = call();
    sent.on('error', () => {});
    sent.end();
    await expect.poll(() => received.length).toBe(1);
    sent.destroy();
    await expect.poll(() => ended).toBe(true);
  });

  it('whoever goes away in the middle of it ends the call', async () => {
    let ended = false;
    handler = (_, outgoing) => {
      outgoing.on('close', () => {
        ended = !outgoing.writableFinished;
      });
      outgoing.write('first');
    };
    const { sent, answer } = call();
    sent.end();
    await once(await answer, 'data');
    sent.destroy();
    await expect.poll(() => ended).toBe(true);
  });
});
