import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestIdentity, testIdentity } from '../../functions/kit/testing.ts';
import { expectProblem, send, somePath } from './send.ts';
import { doors, findRoutes, type Route, startWorld, type World } from './world.ts';

let world: World;
let bad: Record<string, string | undefined>;
beforeAll(async () => {
  world = await startWorld();
  bad = await badAuthorizations(world.identity);
});
afterAll(() => world?.close());

const guarded = (await findRoutes()).filter(({ operation }) =>
  ['customer', 'operator'].includes(operation.access),
);
const forOperators = guarded.filter(({ operation }) => operation.access === 'operator');

const names = [
  'none',
  'empty',
  'another scheme',
  'a bearer without a token',
  'garbage',
  'two tokens',
  'expired',
  'another audience',
  'another issuer',
  'another key of the same name',
  'a key that nobody published',
  'alg none',
  'signed with the public key as a secret',
  'a changed role',
  'a role that there is not',
];

const badAuthorizations = async (identity: TestIdentity): Promise<Record<string, string | undefined>> => {
  const bearer = (token: string) => `Bearer ${token}`;
  const good = await identity.token({ role: 'operator' });
  const [header = '', payload = '', signature = ''] = (await identity.token({ role: 'customer' })).split('.');
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  const operatorPayload = encode({ ...decode(payload), role: 'operator' });
  const symmetric = `${encode({ ...decode(header), alg: 'HS256' })}.${operatorPayload}`;
  const publicKey = Buffer.from(String(identity.keys.keys[0]?.x), 'base64url');
  const impostor = await testIdentity('test');
  return {
    none: undefined,
    empty: '',
    'another scheme': `Basic ${Buffer.from(`a:${good}`).toString('base64')}`,
    'a bearer without a token': 'Bearer ',
    garbage: bearer('garbage'),
    'two tokens': `Bearer ${good} ${good}`,
    expired: bearer(await identity.token({ role: 'operator', expiresIn: -60 })),
    'another audience': bearer(await identity.token({ role: 'operator', audience: 'elsewhere' })),
    'another issuer': bearer(await identity.token({ role: 'operator', issuer: 'elsewhere' })),
    'another key of the same name': bearer(await impostor.token({ role: 'operator' })),
    'a key that nobody published': bearer(await (await testIdentity('unknown')).token({ role: 'operator' })),
    'alg none': bearer(`${encode({ ...decode(header), alg: 'none' })}.${operatorPayload}.`),
    'signed with the public key as a secret': bearer(
      `${symmetric}.${createHmac('sha256', publicKey).update(symmetric).digest('base64url')}`,
    ),
    'a changed role': bearer(`${header}.${operatorPayload}.${signature}`),
    'a role that there is not': bearer(await identity.token({ role: 'admin' as 'operator' })),
  };
};

const ask = (url: string, { operation }: Route, authorization: string | undefined) =>
  send(url, {
    method: operation.method.toUpperCase(),
    path: somePath(operation),
    headers: {
      ...(authorization !== undefined && { authorization }),
      ...(operation.body && { 'content-type': 'application/json' }),
    },
    ...(operation.body && { body: '{}' }),
  });

describe.each(doors)('at the %s', (door) => {
  describe.each(guarded)('$fn $name', (route) => {
    it.each(names)('401 for %s', async (name) => {
      const url = world.address(door, route);
      if (!url) return;
      expect(Object.keys(bad)).toContain(name);
      const before = world.arrivals.length;
      expectProblem(await ask(url, route, bad[name]), 401);
      if (door === 'gateway') expect(world.arrivals.slice(before)).toEqual([]);
    });

    it('a good token gets past the guard', async () => {
      const url = world.address(door, route);
      if (!url) return;
      const token = await world.identity.token({ role: route.operation.access as 'customer' });
      expect([401, 403]).not.toContain((await ask(url, route, `Bearer ${token}`)).status);
      expect([401, 403]).not.toContain((await ask(url, route, `bearer ${token}`)).status);
    });
  });

  it.each(forOperators)('$fn $name is 403 for a customer', async (route) => {
    const url = world.address(door, route);
    if (!url) return;
    const before = world.arrivals.length;
    expectProblem(await ask(url, route, `Bearer ${await world.identity.token()}`), 403);
    if (door === 'gateway') expect(world.arrivals.slice(before)).toEqual([]);
  });
});
