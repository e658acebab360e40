import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { startTestSink, type TestIdentity, type TestSink, testBase, testIdentity } from '../kit/testing.ts';
import { startTestApp, testOperator } from './testing.ts';

let database: TestDatabase;
let sink: TestSink;
let identity: TestIdentity;
let auth: Awaited<ReturnType<typeof startTestApp>>;

beforeAll(async () => {
  [database, sink, identity] = await Promise.all([freshDatabase(), startTestSink(), testIdentity()]);
  const base = { ...testBase('auth'), verify: identity.verify };
  auth = await startTestApp({ base, identity, databaseUrl: database.url('auth'), sink: sink.url });
});
afterAll(async () => {
  await auth?.close();
  await sink?.close();
  await database?.drop();
});

const post = (path: string, body?: unknown, bearer?: string) =>
  auth.app.request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

/** A login through the gateway. */
const from = (address: string, body: unknown) =>
  auth.app.request('/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': `${address}, 10.0.0.1` },
    body: JSON.stringify(body),
  });

interface Tokens {
  accessToken: string;
  refreshToken: string;
  expiresIn: number;
}
let accounts = 0;
const newAccount = async () => {
  const account = { email: `user-${++accounts}@example.com`, password: 'correct horse battery' };
  const response = await post('/signup', account);
  expect(response.status).toBe(201);
  return { ...account, ...((await response.json()) as { userId: string }) };
};
const signIn = async ({ email, password }: { email: string; password: string }): Promise<Tokens> => {
  const response = await post('/login', { email, password });
  expect(response.status).toBe(200);
  return (await response.json()) as Tokens;
};

describe('sign-up', () => {
  it('1: one email has one account, however many sign up at once', async () => {
    const spellings = ['Race@Example.com', ' race@example.com', 'RACE@EXAMPLE.COM ', 'race@example.com'];
    const answers = await Promise.all(
      spellings.map((email) => post('/signup', { email, password: 'correct horse battery' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    const [{ count } = {}] = await auth.database.sql`
      select count(*)::int from auth.users where email = 'race@example.com'`;
    expect(count).toBe(1);
  });

  it('2: the account and its event are one transaction', async () => {
    const { userId, email } = await newAccount();
    const events = await auth.database.sql`select event from events.outbox where subject = ${userId}`;
    expect(events.map(({ event }) => event)).toEqual([
      expect.objectContaining({
        type: 'dev.kagari.user.signed-up.v1',
        source: '/auth',
        partitionkey: userId,
        data: { userId, email },
      }),
    ]);
    const before = await auth.database.sql`select id from events.outbox`;
    expect((await post('/signup', { email, password: 'correct horse battery' })).status).toBe(409);
    expect(await auth.database.sql`select id from events.outbox`).toHaveLength(before.length);
    await expect.poll(() => sink.events.map(({ subject }) => subject)).toContain(userId);
  });

  it.each([
    ['a@b', 'correct horse battery', '#/email'],
    ['ok@example.com', '11 letters!', '#/password'],
    ['ok@example.com', 'x'.repeat(129), '#/password'],
    // Eleven characters in 22 UTF-16 units.
    ['ok@example.com', '🔥'.repeat(11), '#/password'],
    ['ok@example.com', 'with a null \0 in it', '#/password'],
  ])('refuses %j with %j, naming %s', async (email, password, pointer) => {
    const response = await post('/signup', { email, password });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ errors: [{ pointer }] });
  });

  it('takes 128 characters that are 256 UTF-16 units, and the same word composed in another way', async () => {
    const email = 'fire@example.com';
    expect((await post('/signup', { email, password: `${'🔥'.repeat(127)}\u00e9` })).status).toBe(201);
    expect((await post('/login', { email, password: `${'🔥'.repeat(127)}e\u0301` })).status).toBe(200);
  });
});

describe('sign-in', () => {
  it('3: unknown user and wrong password are the same answer after the same work', async () => {
    const { email } = await newAccount();
    const wrong = { email, password: 'a wrong password' };
    const unknown = { email: 'nobody@example.com', password: 'a wrong password' };
    const [one, other] = [await post('/login', wrong), await post('/login', unknown)];
    expect([one.status, other.status]).toEqual([401, 401]);
    expect(Object.fromEntries(one.headers)).toEqual(Object.fromEntries(other.headers));
    expect(one.headers.get('www-authenticate')).toContain('Bearer');
    expect(await one.text()).toBe(await other.text());
    const time = async (body: unknown, address: string) => {
      const started = performance.now();
      expect((await from(address, body)).status).toBe(401);
      return performance.now() - started;
    };
    // The hash is nearly all of the time: without it an unknown user would answer in a tenth of it, in every round.
    const times = { wrong: Number.POSITIVE_INFINITY, unknown: Number.POSITIVE_INFINITY };
    for (let i = 0; i < 5 || (i < 25 && times.unknown <= times.wrong / 2); i++) {
      times.wrong = Math.min(times.wrong, await time(wrong, `203.0.113.${i}`));
      times.unknown = Math.min(times.unknown, await time(unknown, `203.0.113.${i}`));
    }
    expect(times.unknown).toBeGreaterThan(times.wrong / 2);
  });

  it('9: the token verifies with the published keys, which hold nothing private', async () => {
    const account = await newAccount();
    const { accessToken, expiresIn } = await signIn(account);
    const published = (await (await auth.app.request('/.well-known/jwks.json')).json()) as JSONWebKeySet;
    for (const key of published.keys)
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    const { payload } = await jwtVerify(accessToken, createLocalJWKSet(published), { audience: 'kagari' });
    expect(payload).toMatchObject({ sub: account.userId, role: 'customer' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(expiresIn);
    expect(expiresIn).toBe(900);
  });

  it('keeps answers with tokens out of caches', async () => {
    const account = await newAccount();
    expect(
      (
        await post('/login', account.email ? { email: account.email, password: account.password } : {})
      ).headers.get('cache-control'),
    ).toBe('no-store');
  });
});

describe('too many wrong passwords', () => {
  it('14: are the same 429 for an account that there is and for none, and a right one waits with them', async () => {
    const { email, password } = await newAccount();
    for (const [i, tried] of [email, 'nobody-at-all@example.com'].entries()) {
      const wrong = { email: tried, password: 'a wrong password' };
      const answers = [];
      for (let n = 0; n < 12; n++) answers.push(await from(`192.0.2.${i}`, wrong));
      expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(401), 429, 429]);
      const wait = Number(answers[10]?.headers.get('retry-after'));
      expect(wait).toBeGreaterThan(30);
      expect(wait).toBeLessThanOrEqual(60);
      expect(await answers[10]?.json()).toMatchObject({ code: 'too-many-tries', status: 429 });
    }
    expect((await from('192.0.2.0', { email, password })).status).toBe(429);
    expect((await from('192.0.2.9', { email, password })).status).toBe(200);
  });

  it('of an IPv6 network count together', async () => {
    const wrong = { email: 'six@example.com', password: 'a wrong password' };
    const statuses = [];
    for (let n = 0; n < 11; n++) statuses.push((await from(`2001:db8:0:1::${n}`, wrong)).status);
    expect(statuses.at(-1)).toBe(429);
    expect((await from('2001:db8:0:2::1', wrong)).status).toBe(401);
  });
});

describe('refresh', () => {
  it('4: of many uses at once one gives tokens', async () => {
    const { refreshToken } = await signIn(await newAccount());
    const answers = await Promise.all(Array.from({ length: 5 }, () => post('/refresh', { refreshToken })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401]);
  });

  it('5: a second use ends the family and no other', async () => {
    const account = await newAccount();
    const [stolen, other] = [await signIn(account), await signIn(account)];
    const next = (await (await post('/refresh', { refreshToken: stolen.refreshToken })).json()) as Tokens;
    expect((await post('/refresh', { refreshToken: stolen.refreshToken })).status).toBe(401);
    expect((await post('/refresh', { refreshToken: next.refreshToken })).status).toBe(401);
    expect((await post('/refresh', { refreshToken: other.refreshToken })).status).toBe(200);
  });

  it('an expired token is 401 and ends nothing', async () => {
    const { refreshToken, accessToken } = await signIn(await newAccount());
    await auth.database.sql`update auth.refresh_tokens set expires_at = now()
      where session_id = ${String(decodeJwt(accessToken).sid)}`;
    expect((await post('/refresh', { refreshToken })).status).toBe(401);
    expect(await (await post('/validate', { token: accessToken }, accessToken)).json()).toMatchObject({
      active: true,
    });
  });
});

it('a sign-in whose tokens have all expired is cleared away by the next one', async () => {
  const account = await newAccount();
  const { sid } = decodeJwt((await signIn(account)).accessToken);
  const stands = () => auth.database.sql`select 1 from auth.sessions where id = ${String(sid)}`;
  await auth.database
    .sql`update auth.sessions set created_at = now() - interval '31 days' where id = ${String(sid)}`;
  await signIn(account);
  expect(await stands()).toHaveLength(1);
  await auth.database
    .sql`update auth.refresh_tokens set expires_at = now() where session_id = ${String(sid)}`;
  await signIn(account);
  expect(await stands()).toHaveLength(0);
});

describe('logout', () => {
  it('6: ends the sign-in of the bearer, for the refresh token and for /validate', async () => {
    const account = await newAccount();
    const [tokens, other] = [await signIn(account), await signIn(account)];
    expect(await (await post('/validate', { token: tokens.accessToken }, other.accessToken)).json()).toEqual({
      active: true,
      sub: account.userId,
      role: 'customer',
      exp: decodeJwt(tokens.accessToken).exp,
    });
    const response = await auth.app.request('/logout', {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens.accessToken}` },
    });
    expect(response.status).toBe(204);
    expect((await post('/refresh', { refreshToken: tokens.refreshToken })).status).toBe(401);
    expect(await (await post('/validate', { token: tokens.accessToken }, other.accessToken)).json()).toEqual({
      active: false,
    });
    expect((await post('/refresh', { refreshToken: other.refreshToken })).status).toBe(200);
  });

  it("ends another sign-in of the user by its refresh token, and nobody else's", async () => {
    const account = await newAccount();
    const [here, there] = [await signIn(account), await signIn(account)];
    const stranger = await signIn(await newAccount());
    expect((await post('/logout', { refreshToken: stranger.refreshToken }, here.accessToken)).status).toBe(
      204,
    );
    expect((await post('/logout', { refreshToken: there.refreshToken }, here.accessToken)).status).toBe(204);
    expect((await post('/refresh', { refreshToken: there.refreshToken })).status).toBe(401);
    expect((await post('/refresh', { refreshToken: stranger.refreshToken })).status).toBe(200);
  });
});

it('validate says of a token that is none only that it is inactive', async () => {
  const { accessToken } = await signIn(await newAccount());
  for (const token of [
    'garbage',
    await identity.token({ expiresIn: -10 }),
    await (await testIdentity()).token(),
  ])
    expect(await (await post('/validate', { token }, accessToken)).json()).toEqual({ active: false });
});

describe('the first operator', () => {
  it('8: signs in as operator; the email is taken and the account not changed', async () => {
    const mine = { email: testOperator.email, password: 'another password' };
    expect((await post('/signup', mine)).status).toBe(409);
    const { accessToken } = await signIn(testOperator);
    expect(decodeJwt(accessToken).role).toBe('operator');
    const row = () => auth.database.sql`select * from auth.users where email = ${testOperator.email}`;
    const before = await row();
    await auth.operator.ensure();
    expect(await row()).toEqual(before);
    expect(before).toHaveLength(1);
  });
});

it('7: no password and no token stands in the database', async () => {
  const account = await newAccount();
  const { refreshToken, accessToken } = await signIn(account);
  const rows = await auth.database.sql`select row_to_json(u)::text as text from auth.users u
    union all select row_to_json(s)::text from auth.sessions s
    union all select row_to_json(t)::text from auth.refresh_tokens t`;
  const all = rows.map(({ text }) => text).join('\n');
  expect(all).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
  for (const secret of [account.password, refreshToken, accessToken]) expect(all).not.toContain(secret);
});
