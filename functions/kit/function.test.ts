import { Writable } from 'node:stream';
import { DrizzleQueryError } from 'drizzle-orm';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { checkMediaType } from './body.ts';
import { createFunction } from './function.ts';
import { createLog } from './log.ts';
import { operation } from './operation.ts';
import { conflict, Problem, unavailable } from './problem.ts';
import { type TestIdentity, testBase, testIdentity } from './testing.ts';
import { parseBody } from './validate.ts';

const operations = {
  place: operation({
    method: 'post',
    path: '/',
    access: 'customer',
    summary: '',
    headers: z.object({ 'x-key': z.string().min(1) }),
    body: z.strictObject({ n: z.int() }),
    responses: {},
  }),
  find: operation({
    method: 'get',
    path: '/:id',
    access: 'public',
    summary: '',
    params: z.object({ id: z.uuid() }),
    query: z.strictObject({
      limit: z.coerce.number().int().max(100).default(20),
      like: z.string().optional(),
    }),
    responses: {},
  }),
  named: operation({
    method: 'get',
    path: '/names/:name',
    access: 'public',
    summary: '',
    params: z.object({ name: z.string().max(5) }),
    responses: {},
  }),
  hook: operation({
    method: 'post',
    path: '/hook',
    access: 'public',
    summary: '',
    body: z.strictObject({ n: z.int() }),
    rawBody: true,
    responses: {},
  }),
  end: operation({
    method: 'post',
    path: '/end',
    access: 'public',
    summary: '',
    body: z.strictObject({ why: z.string().optional() }).optional(),
    responses: {},
  }),
  fail: operation({ method: 'get', path: '/fail', access: 'public', summary: '', responses: {} }),
};

const lines: string[] = [];
const destination = new Writable({
  write(chunk, _encoding, done) {
    lines.push(String(chunk));
    done();
  },
});

let identity: TestIdentity;
let app: ReturnType<typeof createFunction>['app'];
let thrown: unknown;
const id = '0192f0c1-7a3b-7cde-8f01-23456789abcd';

beforeAll(async () => {
  identity = await testIdentity();
  const fn = createFunction({
    ...testBase('orders'),
    verify: identity.verify,
    log: createLog({ service: 'orders', revision: 'test', destination }),
  });
  fn.on(operations.place, ({ c, actor, body, headers }) => c.json([actor.id, body.n, headers['x-key']], 201));
  fn.on(operations.fail, () => {
    throw thrown;
  });
  fn.on(operations.find, ({ c, params, query }) => c.json([params.id, query.limit]));
  fn.on(operations.named, ({ c, params }) => c.json(params.name));
  fn.on(operations.hook, ({ c, body }) => {
    if (c.req.header('x-signature') !== 'good') throw new Problem('bad-signature', 'No.', { status: 401 });
    checkMediaType(c, body);
    return c.json(parseBody(operations.hook.body, body));
  });
  fn.on(operations.end, ({ c, body }) => c.json(body ?? 'nothing'));
  app = fn.app;
});

const post = async (path: string, body?: string, headers: Record<string, string> = {}) =>
  app.request(path, {
    method: 'POST',
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      authorization: `Bearer ${await identity.token()}`,
      'x-key': 'k',
      ...headers,
    },
    ...(body !== undefined && { body }),
  });

describe('an operation', () => {
  it('gets actor, body, headers, params and query as it declares them', async () => {
    expect(await (await post('/', '{"n":1}')).json()).toEqual([expect.any(String), 1, 'k']);
    expect(await (await app.request(`/${id}?limit=7`)).json()).toEqual([id, 7]);
    expect(await (await app.request(`/${id}`)).json()).toEqual([id, 20]);
  });

  it.each([
    ['a header', () => post('/', '{"n":1}', { 'x-key': '' }), '#/headers/x-key'],
    ['a query parameter', () => app.request(`/${id}?limit=101`), '#/query/limit'],
    ['a query with a null', () => app.request(`/${id}?like=%00`), '#/query/like'],
    ['a name in the path', () => app.request('/names/too-long'), '#/path/name'],
    ['a field', () => post('/', '{"n":1.5}'), '#/n'],
  ])('names %s that does not fit', async (_, ask, pointer) => {
    const response = await ask();
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'invalid', errors: [{ pointer }] });
  });

  it('refuses in order: who you are, what it is about, the form, the content', async () => {
    const bad = { 'content-type': 'text/plain' };
    expect((await post('/', '{', { authorization: 'Bearer garbage', ...bad })).status).toBe(401);
    expect((await post('/', '{', bad)).status).toBe(415);
    expect((await post('/', '{')).status).toBe(400);
    expect((await app.request('/not-an-id?limit=101')).status).toBe(404);
  });

  it('may leave its body away where it is optional', async () => {
    expect(await (await post('/end')).json()).toBe('nothing');
    expect(await (await post('/end', '')).json()).toBe('nothing');
    expect(await (await post('/end', '{"why":"so"}')).json()).toEqual({ why: 'so' });
    expect((await post('/end', 'null')).status).toBe(422);
  });

  it('with a raw body looks at its signature before its content', async () => {
    expect((await post('/hook', '{"n":"no"')).status).toBe(401);
    expect((await post('/hook', '{"n":"no"', { 'x-signature': 'good' })).status).toBe(400);
    const bad = { 'content-type': 'text/plain' };
    expect((await post('/hook', '{"n":1}', bad)).status).toBe(401);
    expect((await post('/hook', '{"n":1}', { 'x-signature': 'good', ...bad })).status).toBe(415);
    expect(await (await post('/hook', '{"n":1}', { 'x-signature': 'good' })).json()).toEqual({ n: 1 });
  });

  it('that needs a bearer cannot stand in a function without keys', () => {
    const fn = createFunction(testBase('keyless'));
    expect(() => fn.on(operations.place, ({ c }) => c.body(null))).toThrow('JWKS_FILE');
  });
});

it('an operation that another one hides is a mistake that the start finds', () => {
  const fn = createFunction({ ...testBase('x'), verify: identity.verify });
  fn.on(operations.find, ({ c }) => c.body(null));
  expect(() => fn.on(operations.fail, ({ c }) => c.body(null))).toThrow('/fail must stand before /:id');
});

describe('a failure', () => {
  it.each([
    [conflict('already-done', 'It was done.'), 409, 'already-done'],
    [unavailable('Later.', { retryAfterSeconds: 7 }), 503, 'unavailable'],
    [Object.assign(new Error('secret host 10.0.0.1'), { code: 'ECONNREFUSED' }), 503, 'unavailable'],
    [
      new Error('query', { cause: Object.assign(new Error('secret'), { code: '57P01' }) }),
      503,
      'unavailable',
    ],
    [new TypeError('secret of the code'), 500, 'internal'],
    ['a secret that is no error', 500, 'internal'],
  ])('%s is %i to the caller', async (error, status, code) => {
    [thrown, lines.length] = [error, 0];
    const response = await app.request('/fail');
    const text = await response.text();
    expect([response.status, JSON.parse(text).code]).toEqual([status, code]);
    expect(text).not.toMatch(/secret|stack|\.ts/);
    if (status >= 500) expect(lines.join('')).toMatch(/secret|Later/);
  });

  it('is in the log with the trace that it belongs to', async () => {
    [thrown, lines.length] = [new Error('lost'), 0];
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    await app.request('/fail', { headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        traceId,
        service: 'orders',
        level: 'error',
        err: expect.objectContaining({ message: 'lost' }),
      }),
    ]);
  });
});

it('the log of a failed query has its text and its cause, and none of its parameters', async () => {
  const cause = Object.assign(new Error('canceling statement'), { code: '22000' });
  [thrown, lines.length] = [
    new DrizzleQueryError('insert into users values ($1)', ['$argon2id$secret'], cause),
    0,
  ];
  expect((await app.request('/fail')).status).toBe(500);
  const log = lines.join('');
  expect(log).toContain('canceling statement');
  expect(log).toContain('insert into users values ($1)');
  expect(log).not.toContain('argon2id');
});

describe('what every function answers', () => {
  it('live, info, health, and HEAD for each', async () => {
    expect(await (await app.request('/live')).json()).toEqual({ status: 'ok' });
    expect(await (await app.request('/info')).json()).toEqual({
      service: 'orders',
      revision: 'orders-00001',
      version: 'test',
    });
    expect(await (await app.request('/health')).json()).toEqual({ status: 'ok', checks: {} });
    const head = await app.request('/health', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('health bounds its wait, says each reason, and what else there is to say', async () => {
    const never = () => new Promise<void>(() => {});
    const broken = async () => {
      throw new Error('secret');
    };
    const checks = { database: async () => {}, log: never, mail: broken };
    const fn = createFunction({
      ...testBase('x', { checks }),
      moreHealth: async () => ({ lastHeartbeat: null }),
    });
    const response = await fn.app.request('/health');
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      status: 'unavailable',
      checks: { database: 'ok', log: 'no answer within 2000 ms', mail: 'failing' },
      lastHeartbeat: null,
    });
    const well = createFunction({ ...testBase('x'), moreHealth: async () => ({ lastHeartbeat: null }) });
    expect(await (await well.app.request('/health')).json()).toEqual({
      status: 'ok',
      checks: {},
      lastHeartbeat: null,
    });
  });

  it('health is 503 once it is stopping', async () => {
    const base = testBase('x');
    const fn = createFunction(base);
    base.life.stopping = true;
    const response = await fn.app.request('/health');
    expect([response.status, await response.json()]).toEqual([503, { status: 'stopping', checks: {} }]);
  });

  it('the document that stands beside the bundle', async () => {
    expect((await app.request('/openapi.json')).status).toBe(404);
    const fn = createFunction({ ...testBase('x'), openapi: async () => '{"openapi":"3.1.1"}' });
    expect(await (await fn.app.request('/openapi.json')).json()).toEqual({ openapi: '3.1.1' });
  });

  it('leaves /metrics to a function that has one of its own', async () => {
    const fn = createFunction(testBase('analytics'));
    const metrics = operation({
      method: 'get',
      path: '/metrics',
      access: 'public',
      summary: '',
      responses: {},
    });
    fn.on(metrics, ({ c }) => c.json('own'));
    expect(await (await fn.app.request('/metrics', { headers: { 'x-forwarded-for': '::1' } })).json()).toBe(
      'own',
    );
    expect(await (await fn.app.request('/_metrics')).text()).toContain('process_cpu');
  });
});
