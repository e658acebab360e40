import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import * as z from 'zod';
import { createCallee } from './http.ts';
import { Problem } from './problem.ts';
import { inTrace } from './trace.ts';

let answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
let received: { url: string | undefined; headers: IncomingMessage['headers']; body: string };
const server = createServer(async (incoming, outgoing) => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  received = { url: incoming.url, headers: incoming.headers, body: Buffer.concat(chunks).toString() };
  answer(incoming, outgoing);
});
let url: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  answer = (_, outgoing) => outgoing.end('{"n":1}');
});

const reply = (status: number, body: unknown) => {
  answer = (_, outgoing) => {
    outgoing.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
  };
};
const schema = z.object({ n: z.int() });
const failure = async (work: Promise<unknown>): Promise<Problem> => {
  const error = await work.catch((thrown: unknown) => thrown);
  if (error instanceof Problem) return error;
  throw error;
};

it('passes the bearer and the trace on, and reads the answer by its schema', async () => {
  const bank = createCallee({ name: 'bank', url: `${url}/` });
  const actor = { id: 'u', role: 'customer' as const, token: 'a.b.c', session: undefined, expiresAt: 0 };
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const answered = await inTrace(`00-${traceId}-00f067aa0ba902b7-01`, () =>
    bank({ method: 'POST', path: '/charges?x=1', body: { a: 1 }, actor, schema }),
  );
  expect(answered).toEqual({ n: 1 });
  expect(received).toMatchObject({
    url: '/charges?x=1',
    body: '{"a":1}',
    headers: {
      authorization: 'Bearer a.b.c',
      'content-type': 'application/json',
      traceparent: expect.stringContaining(traceId),
    },
  });
});

it.each([401, 403, 404, 409, 429])('hands on what a caller may hear: %i', async (status) => {
  reply(status, { code: 'said-so', detail: 'For a reason.' });
  const problem = await failure(createCallee({ name: 'bank', url })({ method: 'GET', path: '/' }));
  expect(problem).toMatchObject({
    status,
    code: 'said-so',
    detail: 'For a reason.',
    retriable: status === 429,
  });
});

it.each([400, 405, 413, 415, 422])('%i is our own mistake: 500, which no retry mends', async (status) => {
  reply(status, { code: 'secret', detail: 'secret' });
  const problem = await failure(createCallee({ name: 'bank', url })({ method: 'GET', path: '/' }));
  expect(problem).toMatchObject({ status: 500, code: 'internal', retriable: false });
  expect(problem.detail).not.toContain('secret');
});

it.each([
  ['that fails', () => reply(500, {})],
  ['that is not ready', () => reply(503, { code: 'x', detail: 'y' })],
  [
    'that its ingress does not know',
    () => (answer = (_, outgoing) => void outgoing.writeHead(404).end('No.')),
  ],
  ['that hangs up', () => (answer = (incoming) => incoming.socket.destroy())],
  ['that never answers', () => (answer = () => {})],
  ['that stops in the middle', () => (answer = (_, outgoing) => void outgoing.writeHead(200).write('{"n":'))],
])('a callee %s is 503, to be tried again', async (_, arrange) => {
  arrange();
  const call = createCallee({ name: 'bank', url, timeoutMs: 200 });
  expect(await failure(call({ method: 'GET', path: '/', schema }))).toMatchObject({
    status: 503,
    code: 'unavailable',
    retriable: true,
  });
});

it('a callee that is not there is 503', async () => {
  const call = createCallee({ name: 'bank', url: 'http://127.0.0.1:1' });
  expect(await failure(call({ method: 'GET', path: '/' }))).toMatchObject({ status: 503, retriable: true });
});

it('an answer that is not what it should be is an error of ours', async () => {
  answer = (_, outgoing) => outgoing.end('{"n":"no"}');
  const call = createCallee({ name: 'bank', url });
  expect(await failure(call({ method: 'GET', path: '/', schema }))).toMatchObject({
    status: 500,
    retriable: false,
  });
});

it('follows nobody elsewhere', async () => {
  answer = (_, outgoing) => outgoing.writeHead(302, { location: `${url}/elsewhere` }).end();
  await failure(createCallee({ name: 'bank', url })({ method: 'GET', path: '/' }));
  expect(received.url).toBe('/');
});
