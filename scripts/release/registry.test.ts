import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistry } from './registry.ts';
import { startRegistry } from './testing.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const digests = new Map([['you/shop/orders:two', digest]]);
const login = { username: 'robot', password: 'of-a-test' };
let open: Awaited<ReturnType<typeof startRegistry>>;
let guarded: typeof open;
beforeAll(async () => {
  [open, guarded] = await Promise.all([startRegistry(digests), startRegistry(digests, login)]);
});
afterAll(() => Promise.all([open.close(), guarded.close()]));

describe('a registry', () => {
  it('says the digest of what a tag names', async () => {
    expect(await createRegistry().digestOf(`${open.host}/you/shop/orders:two`)).toBe(digest);
  });

  it('that asks for a login gets it for a token of one repository', async () => {
    expect(await createRegistry(login).digestOf(`${guarded.host}/you/shop/orders:two`)).toBe(digest);
  });

  it('is told apart from an image that is not there, and from a login that is refused', async () => {
    await expect(createRegistry().digestOf(`${open.host}/you/shop/orders:three`)).rejects.toThrow(
      'orders:three is not in its registry',
    );
    const stranger = createRegistry({ ...login, password: 'of-another' });
    await expect(stranger.digestOf(`${guarded.host}/you/shop/orders:two`)).rejects.toThrow(
      /^127\.0\.0\.1:\d+ gives no token: 403$/,
    );
  });
});
