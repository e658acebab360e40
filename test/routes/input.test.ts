import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodyLimit } from '../../functions/kit/body.ts';
import type { Operation } from '../../functions/kit/operation.ts';
import { expectProblem, type Sending, send, somePath } from './send.ts';
import { type Door, doors, findRoutes, type Route, startWorld, type World } from './world.ts';

let world: World;
const tokens: Partial<Record<Operation['access'], string>> = {};
beforeAll(async () => {
  world = await startWorld();
  for (const role of ['customer', 'operator'] as const) tokens[role] = await world.identity.token({ role });
});
afterAll(() => world?.close());

const routes = await findRoutes();
const withBody = routes.filter(({ operation }) => operation.body && !operation.rawBody);
const withQuery = routes.filter(({ operation }) => operation.query);
const withId = routes.filter(({ operation }) => /:(?:id|\w+Id)\b/.test(operation.path));
const optional = ({ operation }: Route) => operation.body?.safeParse(undefined).success ?? true;

/** Sends to the operation with a token that is good for it; undefined where it cannot be reached by that door. */
const ask = (door: Door, route: Route, more: Partial<Sending> = {}) => {
  const url = world.address(door, route);
  if (!url) return undefined;
  const { operation } = route;
  const token = tokens[operation.access];
  return send(url, {
    method: operation.method.toUpperCase(),
    path: somePath(operation),
    ...more,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      'content-type': 'application/json',
      'idempotency-key': 'shared',
      ...more.headers,
    },
  });
};

const expectRefusal = async (asked: ReturnType<typeof ask>, status: number, route: Route) => {
  const answer = await asked;
  if (!answer) return undefined;
  const problem = expectProblem(answer, status);
  const { fn, operation } = route;
  if (operation.access !== 'internal') {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    const documented = world.documents[fn]?.paths[path]?.[operation.method]?.responses as object;
    expect(Object.keys(documented)).toContain(String(status));
  }
  return problem;
};

describe.each(doors)('at the %s', (door) => {
  describe.each(withBody)('$fn $name', (route) => {
    it.each([
      ['no JSON', '{"a":'],
      ['bytes that are no UTF-8', Uint8Array.of(0x22, 0xff, 0xfe, 0x22)],
    ])('400 for %s', async (_, body) => {
      await expectRefusal(ask(door, route, { body }), 400, route);
    });

    it('400 without a body, where one is needed', async () => {
      if (!optional(route)) await expectRefusal(ask(door, route), 400, route);
    });

    it.each([
      ['text/plain', { 'content-type': 'text/plain' }],
      ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
      ['another charset', { 'content-type': 'application/json; charset=utf-16' }],
      ['a compressed body', { 'content-encoding': 'gzip' }],
    ])('415 for %s', async (_, headers) => {
      await expectRefusal(ask(door, route, { body: '{}', headers }), 415, route);
    });

    it('413 above 1 MiB, announced or not', async () => {
      const body = `"${'x'.repeat(bodyLimit)}"`;
      await expectRefusal(ask(door, route, { body }), 413, route);
      await expectRefusal(ask(door, route, { body, chunked: true }), 413, route);
      // More than any socket buffer takes in: the answer must come before the body is through.
      await expectRefusal(ask(door, route, { body: body.repeat(16), chunked: true }), 413, route);
    });

    it.each(['[]', 'null', '1', '"text"', 'true'])('422 for %s', async (body) => {
      await expectRefusal(ask(door, route, { body }), 422, route);
    });

    it('422 for an unknown field, naming it', async () => {
      const problem = await expectRefusal(ask(door, route, { body: '{"a/surprise~":1}' }), 422, route);
      if (problem) expect(problem.errors?.map(({ pointer }) => pointer)).toContain('#/a~1surprise~0');
    });

    it('422 for a field name out of every object’s prototype', async () => {
      for (const name of ['__proto__', 'constructor'])
        await expectRefusal(ask(door, route, { body: `{"${name}":{}}` }), 422, route);
    });
  });

  it.each(withQuery)(
    '$fn $name: 422 for an unknown and for a doubled parameter of the query',
    async (route) => {
      const path = somePath(route.operation);
      await expectRefusal(ask(door, route, { path: `${path}?surprise=1` }), 422, route);
      const [first] = Object.keys(route.operation.query?.shape ?? {});
      await expectRefusal(ask(door, route, { path: `${path}?${first}=1&${first}=2` }), 422, route);
    },
  );

  it.each(withId)('$fn $name: 404 for an id that is no UUID', async (route) => {
    for (const id of ['1', 'not-a-uuid', '0192f0c1-7a3b-7cde-8f01-23456789abcg', '%00', "'or'1'='1"])
      await expectRefusal(ask(door, route, { path: somePath(route.operation, id), body: '{}' }), 404, route);
  });

  it.each(routes)('$fn $name: 405 and Allow for another method', async (route) => {
    const { path } = route.operation;
    const here = routes.filter(({ fn, operation }) => fn === route.fn && sameShape(operation.path, path));
    const allowed = here
      .filter(({ operation }) => door === 'function' || operation.access !== 'internal')
      .map(({ operation }) => operation.method.toUpperCase());
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      if (allowed.includes(method)) continue;
      const answer = await ask(door, route, { method });
      if (!answer) return;
      expectProblem(answer, 405);
      const said = answer.headers.allow?.split(', ').filter((name) => name !== 'HEAD');
      expect(said?.sort()).toEqual([...new Set(allowed)].sort());
    }
  });

  it.each(routes)('$fn $name: a path beyond it is 404', async (route) => {
    const answer = await ask(door, route, {
      path: `${somePath(route.operation).replace(/\/$/, '')}/no/such/thing`,
    });
    if (answer) expectProblem(answer, 404);
  });
});

/** `/:id` and `/catalog` both answer for /catalog, but not the other way round. */
const sameShape = (path: string, asked: string) =>
  new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`).test(
    asked.replaceAll(/:\w+/g, 'x'),
  );
