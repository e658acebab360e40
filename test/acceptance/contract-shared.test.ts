import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Documented, documentedBy } from './support/documented.ts';
import { nobodys, problemOf } from './support/problem.ts';
import type { Reply, Sent } from './support/web.ts';
import { openWorld, type World } from './support/world.ts';

const operations = await documentedBy(inject('target'));
const signed = 'payments.receiveWebhook';
const guarded = operations.filter(({ access }) => access !== 'public');
const forOperators = operations.filter(({ access }) => access === 'operator');
const withBody = operations.filter(({ takesBody }) => takesBody);
// Who signs is asked for the signature before the content and its type.
const withJson = withBody.filter(({ name }) => name !== signed);
const withQuery = operations.filter(({ parameters }) => parameters.some((one) => one.in === 'query'));
const withId = operations.filter(({ parameters }) =>
  parameters.some((one) => one.in === 'path' && one.schema.format === 'uuid'),
);

let world: World;
let bearers: Record<Documented['access'], Record<string, string>>;
beforeAll(async () => {
  world = await openWorld();
  const [customer, operator] = await Promise.all([world.shop.signUp(), world.operator()]);
  bearers = { public: {}, customer: customer.bearer, operator };
});
afterAll(() => world?.close());

const pathOf = ({ path }: Documented, parameter = nobodys) => path.replaceAll(/\{\w+\}/g, parameter);

/** Sends to the operation as somebody who may. */
const ask = (operation: Documented, { path, headers, ...more }: Sent & { path?: string } = {}) =>
  world.shop.at(path ?? pathOf(operation), {
    method: operation.method,
    ...more,
    headers: { ...bearers[operation.access], 'idempotency-key': 'shared', ...headers },
  });

/** The problem of a refusal that the operation's document knows. */
const refusalOf = (operation: Documented, reply: Reply, status: number) => {
  expect(operation.statuses).toContain(String(status));
  return problemOf(reply, status);
};

describe('every operation', () => {
  it('says all that gateway and parser can answer', () => {
    expect(operations.length).toBeGreaterThan(25);
    for (const { name, statuses } of operations)
      expect([name, statuses]).toEqual([
        name,
        expect.arrayContaining(
          [400, 401, 403, 404, 405, 413, 415, 422, 429, 431, 503, 504].map((status) => String(status)),
        ),
      ]);
  });

  it.each(guarded)('$name is 401 for who is nobody', async (operation) => {
    const body = operation.takesBody ? { body: {} } : {};
    for (const authorization of ['', 'Bearer garbage', 'Basic YTpi', 'Bearer a.b.c'])
      refusalOf(operation, await ask(operation, { ...body, headers: { authorization } }), 401);
  });

  it.each(forOperators)('$name is 403 for a customer', async (operation) => {
    refusalOf(operation, await ask(operation, { headers: bearers.customer }), 403);
  });

  it.each(operations)('$name is 405 by another method, saying which there are', async (operation) => {
    const reply = await ask(operation, { method: 'DELETE' });
    refusalOf(operation, reply, 405);
    const allowed = operations.filter(({ path }) => path === operation.path).map(({ method }) => method);
    expect(`${reply.headers.allow}`.split(', ').sort()).toEqual(
      [...allowed, ...(allowed.includes('GET') ? ['HEAD'] : [])].sort(),
    );
  });

  it.each(operations)('$name is 404 a path further', async (operation) => {
    const path = `${pathOf(operation).replace(/\/$/, '')}/no/such/thing`;
    refusalOf(operation, await ask(operation, { path }), 404);
  });

  it.each(withId)('$name is 404 for an id that is none, and for one that nothing has', async (operation) => {
    const body = operation.takesBody ? { body: { note: 'none' } } : {};
    for (const id of ['1', 'no-uuid', '0192f0c1-7a3b-7cde-8f01-23456789abcg', '%00']) {
      const path = pathOf(operation, id);
      refusalOf(operation, await ask(operation, { ...body, path }), 404);
    }
    // A page is the same for every order: what it shows is asked for by its script.
    if (operation.access !== 'public') refusalOf(operation, await ask(operation, body), 404);
  });

  it.each(withBody)('$name is 413 above 1 MiB and 415 for what is no JSON in UTF-8', async (operation) => {
    const raw = `"${'x'.repeat(1024 * 1024)}"`;
    refusalOf(operation, await ask(operation, { raw }), 413);
    if (operation.name === signed) return;
    for (const headers of [
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/x-www-form-urlencoded' },
      { 'content-type': 'application/json; charset=utf-16' },
      { 'content-encoding': 'gzip' },
    ] as Record<string, string>[])
      refusalOf(operation, await ask(operation, { raw: '{}', headers }), 415);
  });

  it.each(withJson)('$name is 400 for what does not parse', async (operation) => {
    refusalOf(operation, await ask(operation, { raw: '{"a":' }), 400);
  });

  it.each(withJson)('$name is 422 for what its schema does not know, naming it', async (operation) => {
    const { errors } = refusalOf(operation, await ask(operation, { body: { surprise: 1 } }), 422);
    expect(errors?.map(({ pointer }) => pointer)).toContain('#/surprise');
    for (const raw of ['[]', 'null', '1', '"text"']) refusalOf(operation, await ask(operation, { raw }), 422);
  });

  it.each(withQuery)('$name is 422 for a parameter that it does not know', async (operation) => {
    refusalOf(operation, await ask(operation, { path: `${pathOf(operation)}?surprise=1` }), 422);
  });
});

describe('header fields', () => {
  it('of more than 16 KiB are 431', async () => {
    const reply = await world.shop.at('/orders/catalog', { headers: { 'x-large': 'x'.repeat(20_000) } });
    problemOf(reply, 431);
  });
});
