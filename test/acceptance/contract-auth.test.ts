import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, problemOf, uuid7 } from './support/problem.ts';
import { openWorld, type World } from './support/world.ts';

interface Tokens {
  accessToken: string;
  tokenType: string;
  expiresIn: number;
  refreshToken: string;
}

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  world.shop.at(`/auth/${path}`, { body, headers });
const bearer = ({ accessToken }: Tokens) => ({ authorization: `Bearer ${accessToken}` });
const account = () => ({ email: `contract-${randomUUID()}@example.com`, password: 'twelve chars' });
const signUp = async () => {
  const credentials = account();
  const { userId } = answerOf<{ userId: string }>(await post('signup', credentials), 201);
  return { ...credentials, userId };
};
const logIn = async ({ email, password }: { email: string; password: string }) =>
  answerOf<Tokens>(await post('login', { email, password }));
const refresh = ({ refreshToken }: Tokens) => post('refresh', { refreshToken });
const part = (token: string, at: number) =>
  JSON.parse(Buffer.from(token.split('.')[at] ?? '', 'base64url').toString());
const validate = async (token: string, by: Tokens) =>
  answerOf<{ active: boolean }>(await post('validate', { token }, bearer(by)));

describe('sign-up', () => {
  it('is 201 with the user’s id, and 409 when the email is taken, however it is written', async () => {
    const credentials = account();
    const answer = answerOf(await post('signup', credentials), 201);
    expect(answer).toEqual({ userId: expect.stringMatching(uuid7) });
    problemOf(await post('signup', credentials), 409);
    problemOf(await post('signup', { ...credentials, email: credentials.email.toUpperCase() }), 409);
  });

  it.each([11, 129])('is 422 with a password of %i characters', async (length) => {
    problemOf(await post('signup', { ...account(), password: 'x'.repeat(length) }), 422);
  });

  it.each([12, 128])('takes a password of %i characters', async (length) => {
    answerOf(await post('signup', { ...account(), password: 'x'.repeat(length) }), 201);
  });

  it('is 422 without an email that is one, and for a role of one’s own', async () => {
    problemOf(await post('signup', { ...account(), email: 'nobody' }), 422);
    problemOf(await post('signup', { ...account(), role: 'operator' }), 422);
  });
});

describe('login', () => {
  it('gives a bearer and a refresh token', async () => {
    const tokens = await logIn(await signUp());
    expect(tokens).toEqual({
      accessToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      tokenType: 'Bearer',
      expiresIn: expect.any(Number),
      refreshToken: expect.stringMatching(/./),
    });
  });

  it('is the same 401 for a wrong password and a user that there is not', async () => {
    const user = await signUp();
    const replies = await Promise.all([
      post('login', { email: user.email, password: 'wrong password' }),
      post('login', { email: `nobody-${user.email}`, password: 'wrong password' }),
      post('login', { email: user.email, password: '' }),
    ]);
    for (const reply of replies) problemOf(reply, 401);
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
  });

  it('is 429 with Retry-After after too many wrong passwords, for no user as for one', async () => {
    for (const email of [(await signUp()).email, account().email]) {
      const body = { email, password: 'wrong password' };
      for (let tries = 1; tries <= 10; tries++) problemOf(await post('login', body), 401);
      problemOf(await post('login', body), 429);
    }
  });
});

describe('refresh', () => {
  it('gives new tokens for the old, which are used up', async () => {
    const first = await logIn(await signUp());
    const second = answerOf<Tokens>(await refresh(first));
    expect(second).toMatchObject({ tokenType: 'Bearer', expiresIn: first.expiresIn });
    expect(second.refreshToken).not.toBe(first.refreshToken);
    answerOf(await world.shop.at('/orders/', { headers: bearer(second) }));
  });

  it('a second time is 401, and ends the family and no other', async () => {
    const user = await signUp();
    const [first, other] = [await logIn(user), await logIn(user)];
    const second = answerOf<Tokens>(await refresh(first));
    problemOf(await refresh(first), 401);
    problemOf(await refresh(second), 401);
    expect(await validate(second.accessToken, other)).toEqual({ active: false });
    answerOf(await refresh(other));
  });

  it('by a token that is none is 401', async () => {
    problemOf(await post('refresh', { refreshToken: 'none' }), 401);
  });
});

describe('logout', () => {
  it('is 204, and the refresh token is worth nothing any more', async () => {
    const tokens = await logIn(await signUp());
    const reply = await world.shop.at('/auth/logout', { method: 'POST', headers: bearer(tokens) });
    expect(reply).toMatchObject({ status: 204, text: '' });
    problemOf(await refresh(tokens), 401);
  });
});

describe('validate', () => {
  it('says whose token it is, and until when', async () => {
    const user = await signUp();
    const tokens = await logIn(user);
    const { exp } = part(tokens.accessToken, 1);
    expect(await validate(tokens.accessToken, tokens)).toEqual({
      active: true,
      sub: user.userId,
      role: 'customer',
      exp,
    });
    expect(Math.abs(exp - Date.now() / 1000 - tokens.expiresIn)).toBeLessThan(60);
  });

  it('says of one that is none only that it is not active', async () => {
    const tokens = await logIn(await signUp());
    expect(await validate('none', tokens)).toEqual({ active: false });
    expect(await validate(`${tokens.accessToken}x`, tokens)).toEqual({ active: false });
  });

  it('knows the operator of the Secret operator-bootstrap', async () => {
    const { authorization = '' } = await world.operator();
    const token = authorization.replace('Bearer ', '');
    const reply = await post('validate', { token }, { authorization });
    expect(answerOf(reply)).toMatchObject({ active: true, role: 'operator' });
  });
});

describe('the keys', () => {
  it('are public, hold nothing private, and name the one that signed: EdDSA, audience kagari', async () => {
    const { accessToken } = await logIn(await signUp());
    const { keys } = answerOf<{ keys: Record<string, string>[] }>(
      await world.shop.at('/auth/.well-known/jwks.json'),
    );
    for (const key of keys) {
      expect(key).toMatchObject({
        kty: 'OKP',
        crv: 'Ed25519',
        x: expect.any(String),
        kid: expect.any(String),
      });
      expect(key.d).toBeUndefined();
    }
    const { alg, kid } = part(accessToken, 0);
    expect(alg).toBe('EdDSA');
    expect(keys.map((key) => key.kid)).toContain(kid);
    expect(part(accessToken, 1)).toMatchObject({ aud: 'kagari', role: 'customer' });
  });
});
