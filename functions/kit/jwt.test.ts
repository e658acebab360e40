import * as fc from 'fast-check';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { beforeAll, expect, it } from 'vitest';
import { keySetOf, readToken } from './jwt.ts';
import { type TestIdentity, testIdentity } from './testing.ts';

let identity: TestIdentity;
let stranger: TestIdentity;
beforeAll(async () => {
  [identity, stranger] = await Promise.all([testIdentity('known'), testIdentity('known')]);
});

const expected = () => ({ issuer: 'kagari/auth', audience: 'kagari', now: Date.now() });
const ours = (token: string) => {
  const claims = readToken(token, keySetOf(identity.keys), expected());
  return claims === 'unknown key' ? undefined : claims;
};
const theirs = (token: string) =>
  jwtVerify(token, createLocalJWKSet(identity.keys), {
    algorithms: ['EdDSA'],
    audience: 'kagari',
    issuer: 'kagari/auth',
    requiredClaims: ['sub', 'exp'],
  }).then(
    ({ payload }) => payload,
    () => undefined,
  );

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

it('takes what jose takes, and refuses what jose refuses', async () => {
  const tokens = fc.record(
    {
      sub: fc.constantFrom('a', ''),
      expiresIn: fc.constantFrom(-60, 300),
      audience: fc.constantFrom('kagari', 'elsewhere'),
      issuer: fc.constantFrom('kagari/auth', 'elsewhere'),
      session: fc.string({ minLength: 1, maxLength: 5 }),
    },
    { requiredKeys: [] },
  );
  const change = fc.oneof(
    { weight: 3, arbitrary: fc.constant((token: string) => token) },
    fc.tuple(fc.nat(500), fc.constantFrom('A', '.', '=', ' ', '_')).map(([at, letter]) => (token: string) => {
      const place = at % token.length;
      return token.slice(0, place) + letter + token.slice(place + 1);
    }),
    fc.nat(500).map((at) => (token: string) => token.slice(0, at)),
    fc
      .constantFrom({ alg: 'none' }, { alg: 'HS256' }, { alg: 'Ed25519' }, { alg: 'EdDSA' }, [])
      .map((header) => (token: string) => [part(header), ...token.split('.').slice(1)].join('.')),
    fc.constantFrom({ role: 'operator' }, [], null, 1).map((payload) => (token: string) => {
      const [head, , signature] = token.split('.');
      return [head, part(payload), signature].join('.');
    }),
  );
  await fc.assert(
    fc.asyncProperty(tokens, change, fc.boolean(), async (options, changed, known) => {
      const token = changed(await (known ? identity : stranger).token(options));
      expect(ours(token)).toEqual(await theirs(token));
    }),
    { numRuns: 400 },
  );
});

it('says of a key that it does not know, and of nothing else, that it is unknown', async () => {
  const other = await testIdentity('other');
  expect(readToken(await other.token(), keySetOf(identity.keys), expected())).toBe('unknown key');
  expect(readToken('a.b.c', keySetOf(identity.keys), expected())).toBeUndefined();
});
