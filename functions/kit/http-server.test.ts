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
