import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { createFunction } from './function.ts';
import { operation } from './operation.ts';
import { startTestServer, type TestServer, testBase } from './testing.ts';

let server: TestServer;
beforeAll(async () => {
  const fn = createFunction(testBase('taker'));
  const take = { method: 'post', path: '/', access: 'public', summary: '', responses: {} } as const;
  fn.on(operation({ ...take, body: z.string() }), ({ c }) => c.text('taken'));
  server = await startTestServer(fn.app);
});
afterAll(() => server.close());

const megabytes = Buffer.alloc(4 * 1024 * 1024, 'x');

/** Sends everything before it reads anything, as whoever passes requests on may. */
const sendThenRead = async (head: string, ...body: (string | Buffer)[]) => {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${head}\r\n\r\n`);
  for (const part of body) socket.write(part);
  await new Promise<void>((resolve, reject) =>
    socket.write('', (error) => (error ? reject(error) : resolve())),
  );
  socket.end();
  return text(socket);
};

it('a sender that is not through with its body yet hears that it is too large', async () => {
  for (let i = 0; i < 3; i++) {
    const announced = await sendThenRead(`Content-Length: ${megabytes.length}`, megabytes);
    expect(announced).toMatch(/^HTTP\/1\.1 413 /);
    const chunk = `${megabytes.length.toString(16)}\r\n`;
    const counted = await sendThenRead('Transfer-Encoding: chunked', chunk, megabytes, '\r\n0\r\n\r\n');
    expect(counted).toMatch(/^HTTP\/1\.1 413 /);
  }
});

it.each([
  ['no host', 'GET / HTTP/1.1\r\n\r\n'],
  ['a host that is no address', 'GET / HTTP/1.1\r\nHost: 1127.0.0.1:80\r\n\r\n'],
  ['a port that is none', 'GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n'],
])('%s is 400 in the form of all problems', async (_, request) => {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.end(request);
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('application/problem+json');
});

const ask = async (...lines: string[]) => {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head: head.toLowerCase(), body };
};

it.each([
  ['no Host', 400, ['GET /live HTTP/1.1', 'Connection: close']],
  ['a Host that is none', 400, ['GET /live HTTP/1.1', 'Host: a b', 'Connection: close']],
  ['a coding below the chunks', 400, ['POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: gzip, chunked']],
  ['a coding that is no chunks', 400, ['POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: identity']],
  ['two lengths', 400, ['POST / HTTP/1.1', 'Host: a', 'Content-Length: 1', 'Transfer-Encoding: chunked']],
  ['an expectation that nobody meets', 417, ['POST / HTTP/1.1', 'Host: a', 'Expect: tea']],
  ['CONNECT', 405, ['CONNECT elsewhere:80 HTTP/1.1', 'Host: elsewhere:80']],
  ['too many header bytes', 431, ['GET /live HTTP/1.1', 'Host: a', `X-Long: ${'x'.repeat(20_000)}`]],
  ['what is no HTTP', 400, ['hello']],
])('%s is %i with a problem document, and the end of the connection', async (_, status, lines) => {
  const answer = await ask(...lines);
  expect(answer.status).toBe(status);
  expect(answer.head).toContain('content-type: application/problem+json');
  expect(JSON.parse(answer.body)).toMatchObject({ status, code: expect.any(String) });
});

it('chunks alone, however they are spelt, are taken', async () => {
  const answer = await ask(
    'POST / HTTP/1.1',
    'Host: a',
    'Connection: close',
    'Content-Type: application/json',
    'Transfer-Encoding: Chunked',
    '',
    '3',
    '"a"',
    '0',
  );
  expect(answer.status).toBe(200);
});
