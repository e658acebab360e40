import { describe, expect, it } from 'vitest';
import { Problem } from './problem.ts';
import { testIdentity } from './testing.ts';
import { createVerifier } from './verify.ts';

/** A verifier over a key set that the test changes, on a clock that the test moves. */
const setUp = async () => {
  const [first, second] = await Promise.all([testIdentity('first'), testIdentity('second')]);
  const state = { now: Date.now(), published: [first], reads: 0, fails: false };
  const verify = createVerifier({
    now: () => state.now,
    keys: async () => {
      state.reads++;
      if (state.fails) throw new Error('ENOENT: the file is being replaced');
      return { keys: state.published.flatMap(({ keys }) => keys.keys) };
    },
  });
  return { first, second, state, verify };
};

describe('the verifier', () => {
  it('answers who it is', async () => {
    const { first, verify } = await setUp();
    const token = await first.token({ role: 'operator', session: 'a-session' });
    expect(await verify(token)).toMatchObject({ role: 'operator', session: 'a-session', token });
  });

  it('finds a key that was published after its first read', async () => {
    const { first, second, state, verify } = await setUp();
    expect(await verify(await first.token())).toBeDefined();
    expect(await verify(await second.token())).toBeUndefined();
    state.published = [first, second];
    state.now += 1_001;
    expect(await verify(await second.token())).toBeDefined();
  });

  it('trusts a withdrawn key for 30 s at most, the tokens that it knows included', async () => {
    const { first, second, state, verify } = await setUp();
    const token = await first.token({ expiresIn: 600 });
    expect(await verify(token)).toBeDefined();
    state.published = [second];
    state.now += 29_000;
    expect(await verify(token)).toBeDefined();
    state.now += 31_000;
    expect(await verify(token)).toBeUndefined();
  });

  it('forgets a token that has expired', async () => {
    const { first, state, verify } = await setUp();
    const token = await first.token({ expiresIn: 10 });
    expect(await verify(token)).toBeDefined();
    state.now += 11_000;
    expect(await verify(token)).toBeUndefined();
  });

  it('reads the keys once a second at most, however many unknown keys there are', async () => {
    const { first, state, verify } = await setUp();
    await verify(await first.token());
    const strangers = await Promise.all(Array.from({ length: 20 }, (_, i) => testIdentity(`stranger-${i}`)));
    for (const stranger of strangers) expect(await verify(await stranger.token())).toBeUndefined();
    expect(state.reads).toBe(1);
    state.now += 1_001;
    await Promise.all(strangers.map(async (stranger) => verify(await stranger.token())));
    expect(state.reads).toBe(2);
  });

  it('is 503 while no keys can be read, and well afterwards', async () => {
    const { first, state, verify } = await setUp();
    state.fails = true;
    const token = await first.token();
    const error = await verify(token).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Problem);
    expect(error).toMatchObject({ status: 503, retriable: true });
    state.fails = false;
    expect(await verify(token)).toBeDefined();
  });
});
