import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { call } from '../serving/testing/call.ts';
import { listenOnLoopback, open, PortBusyError } from './listen.ts';
import { createListener } from './listener.ts';

const opened: Server[] = [];
afterEach(() => {
  for (const server of opened.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

const handlers = {
  request: (_: unknown, response: { end(text: string): void }) => response.end('fine'),
  upgrade: (_: unknown, { socket }: { socket: { end(text: string): void } }) => socket.end('upgraded'),
};
const bounds = {
  keepAliveTimeout: 1_000,
  headersTimeout: 200,
  connectionsCheckingInterval: 20,
  maxConnections: 2,
};
const listen = async () => {
  const server = createListener(handlers, bounds);
  opened.push(server);
  return open(server, 0, '127.0.0.1');
};
const raw = async (port: number, bytes: string) => {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  return text(socket);
};

describe('what never becomes a request', () => {
  it.each([
    [
      'a head above 16 KiB',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers-too-large',
    ],
    ['no HTTP', 'hello\r\n\r\n', 400, 'malformed'],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
      'malformed',
    ],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'malformed',
    ],
    ['a head that does not end', 'GET / HTTP/1.1\r\nHost: a\r\n', 408, 'request-timeout'],
    [
      'a coding below the chunks',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      400,
      'malformed',
    ],
    ['an expectation', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n', 417, 'unknown-expectation'],
    ['CONNECT where that is not served', 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n', 405, 'method'],
  ])('%s is answered as a problem, and the connection ends', async (_, bytes, status, code) => {
    const answer = await raw(await listen(), bytes);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain('Content-Type: application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status, code });
  });

  it('is told which methods there are instead of CONNECT', async () => {
    const answer = await raw(await listen(), 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(answer).toMatch(/^Allow: GET, HEAD, POST, /m);
  });

  it('is also a connection beyond the bound', async () => {
    const port = await listen();
    const held = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    const third = connect(port, '127.0.0.1');
    third.on('error', () => {});
    await once(third, 'close');
    for (const socket of held) socket.destroy();
  });
});

it('answers in HTTP/1.1 who asks for HTTP/2 by Upgrade, and lets other protocols through', async () => {
  const port = await listen();
  const asking = (protocol: string) =>
    raw(port, `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: ${protocol}\r\n\r\n`);
  expect(await asking('h2c')).toMatch(/^HTTP\/1.1 200 OK[\s\S]*fine$/);
  expect(await asking('websocket')).toBe('upgraded');
});

describe('a port', () => {
  it('is open on 127.0.0.1 and ::1', async () => {
    const { port, servers } = await listenOnLoopback(0, '--port', () => createListener(handlers));
    opened.push(...servers);
    expect((await call(`http://127.0.0.1:${port}/`)).body).toBe('fine');
    if (servers.length > 1) expect((await call(`http://[::1]:${port}/`)).body).toBe('fine');
  });

  it.each(['127.0.0.1', '::1'])(
    'that somebody has on %s is named, with how to choose another',
    async (host) => {
      const holder = createListener(handlers);
      opened.push(holder);
      const port = await open(holder, 0, host);
      const refused = listenOnLoopback(port, '--port or KAGARI_PORT', () => createListener(handlers));
      await expect(refused).rejects.toThrow(PortBusyError);
      await expect(refused).rejects.toThrow(
        `port ${port} is in use: choose another with --port or KAGARI_PORT`,
      );
    },
  );
});
