import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { StatusError } from '../../store/status-error.ts';
import { testLog } from '../../store/testing.ts';
import type { ApiRequest, ApiResponse } from './exchange.ts';
import { createListener } from './node-server.ts';

let server: Server;
const log = testLog();
const stopping = new AbortController();

const start = async (serve: (request: ApiRequest) => Promise<ApiResponse>) => {
  server = createServer(createListener({ serve, userOf: () => 'admin', stopping: stopping.signal, log }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

test('a failure of its own says nothing of its cause to the caller and everything to the log', async () => {
  const url = await start(() => Promise.reject(new Error('secret cause')));
  const response = await fetch(`${url}/api/v1/pods?token=t`);
  const text = await response.text();
  expect(response.status).toBe(500);
  expect(JSON.parse(text)).toMatchObject({ kind: 'Status', reason: 'InternalError' });
  expect(text).not.toContain('secret');
  expect(log.lines.at(-1)).toMatchObject({ level: 'error', fields: { url: '/api/v1/pods' } });
});

test('a stream that breaks ends its connection', async () => {
  const url = await start(async () => ({
    status: 200,
    body: () => {
      throw new Error('broken');
    },
  }));
  const response = await fetch(url);
  await expect(response.text()).rejects.toThrow();
});

test('a body that is too large is refused, and its sender hears it', async () => {
  const url = await start(async (request) => ({ status: 200, body: String((await request.body()).length) }));
  const big = await fetch(url, { method: 'POST', body: 'x'.repeat(40 * 1024 * 1024) });
  expect(big.status).toBe(413);
  expect(await (await fetch(url, { method: 'POST', body: 'abc' })).text()).toBe('3');
});

test('what waits for an answer is told of refusals with their code', async () => {
  const url = await start(() =>
    Promise.reject(new StatusError('ServiceUnavailable', 'no database', { retryAfterSeconds: 1 })),
  );
  const response = await fetch(url);
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('1');
});
