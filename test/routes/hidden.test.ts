import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exposed } from '../../functions/gateway/exposed.ts';
import { expectProblem, send, somePath } from './send.ts';
import { findRoutes, startWorld, type World } from './world.ts';

let world: World;
let operator: string;
beforeAll(async () => {
  world = await startWorld();
  operator = await world.identity.token({ role: 'operator' });
});
afterAll(() => world?.close());

const routes = await findRoutes();
const functions = [...new Set(routes.map(({ fn }) => fn))];
const reachable = functions.filter((fn) => Object.values(exposed).includes(fn));
const internal = routes.filter(({ operation }) => operation.access === 'internal');
const isPublic = (fn: string, path: string) =>
  routes.some(
    (route) => route.fn === fn && route.operation.path === path && route.operation.access !== 'internal',
  );

/** What no outside request may reach, by any spelling. */
const hidden = (fn: string) => [
  ...['/_events', '/_metrics', '/metrics', '/openapi.json'].filter((path) => !isPublic(fn, path)),
  ...internal.filter((route) => route.fn === fn).map(({ operation }) => somePath(operation)),
];

const spellings = (fn: string, path: string): string[] => {
  const name = path.slice(1);
  const encoded = [...name]
    .map((letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .join('');
  return [
    `/${fn}${path}`,
    `/${fn}${path}/`,
    `/${fn}${path}?x=1`,
    `/${fn}${path};x`,
    `/${fn}${path}%00`,
    `/${fn}${path}%20`,
    `/${fn}/${path}`,
    `//${fn}${path}`,
    `/${fn}/.${path}`,
    `/${fn}/..${path}`,
    `/${fn}/x/..${path}`,
    `/x/../${fn}${path}`,
    `/${fn}/%2e${path}`,
    `/${fn}/x/%2e%2e${path}`,
    `/${fn}/..%2f${name}`,
    `/${fn}/health/..%2f..%2f${name}`,
    `/${fn}/health%2f..%2f${name}`,
    `/${fn}%2f${name}`,
    `/${fn}/%2f${name}`,
    `/${fn}/${encoded}`,
    `/${fn}/${encoded.replaceAll('%', '%25')}`,
    `/${fn}${path.toUpperCase()}X`.slice(0, -1),
    `/${fn.toUpperCase()}${path}`,
    `/${fn}\\${name}`,
    `/${fn}/x\\..\\${name}`,
    path,
    `http://${fn}.kagari.svc.cluster.local${path}`,
    `http://localhost/${fn}${path}`,
    `http://localhost/x/../${fn}${path}`,
  ];
};

describe.each(reachable)('%s through the gateway', (fn) => {
  it.each(hidden(fn))('%s is not there, however it is spelt', async (path) => {
    const before = world.arrivals.length;
    for (const spelling of spellings(fn, path)) {
      // The gateway's own document is public, and no function's.
      if (new URL(spelling, world.gateway).pathname === '/openapi.json') continue;
      for (const method of ['GET', 'POST']) {
        const headers = {
          authorization: `Bearer ${operator}`,
          'content-type': 'application/json',
          'ce-specversion': '1.0',
          'ce-id': '1',
          'ce-source': '/forged',
          'ce-type': 'dev.kagari.payment.succeeded.v1',
          host: `${fn}.kagari.svc.cluster.local`,
          // As every ingress adds it.
          'x-forwarded-for': '192.0.2.1',
        };
        const answer = await send(world.gateway, {
          method,
          path: spelling,
          headers,
          ...(method === 'POST' && { body: '{}' }),
        });
        expect([400, 404, 405], `${method} ${spelling} answered ${answer.status}`).toContain(answer.status);
      }
    }
    expect(world.arrivals.slice(before)).toEqual([]);
  });
});

it.each(functions)('%s shows its metrics at the pod and not through an ingress', async (fn) => {
  const url = world.urls[fn] ?? '';
  const shown = await send(url, { path: '/_metrics' });
  expect(shown.status).toBe(200);
  expect(shown.body).toContain('process_cpu_seconds_total');
  for (const header of ['x-forwarded-for', 'forwarded'])
    for (const path of ['/metrics', '/_metrics'].filter((path) => !isPublic(fn, path)))
      for (const method of ['GET', 'POST'])
        expectProblem(await send(url, { method, path, headers: { [header]: 'for=1.2.3.4' } }), 404);
});

it('functions that are not exposed have no way in', async () => {
  const before = world.arrivals.length;
  for (const { fn, operation } of routes.filter(({ fn }) => !reachable.includes(fn))) {
    const method = operation.method.toUpperCase();
    const headers = { authorization: `Bearer ${operator}` };
    expectProblem(await send(world.gateway, { method, path: `/${fn}${somePath(operation)}`, headers }), 404);
  }
  expect(world.arrivals.slice(before)).toEqual([]);
});

it.each(internal)('$fn $name answers nobody who comes by the gateway', async ({ fn, operation }) => {
  const before = world.arrivals.length;
  const answer = await send(world.gateway, {
    method: operation.method.toUpperCase(),
    path: `/${fn}${somePath(operation)}`,
    headers: { authorization: `Bearer ${operator}` },
  });
  expect([404, 405]).toContain(answer.status);
  expect(world.arrivals.slice(before)).toEqual([]);
});
