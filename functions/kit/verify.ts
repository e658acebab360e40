import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose';
import type { Actor } from './actor.ts';
import { unavailable } from './problem.ts';

export const issuer = 'kagari/auth';
export const audience = 'kagari';

/** Answers the actor of a valid bearer, undefined for any other string. Throws Problem when no keys can be read. */
export type Verify = (token: string) => Promise<Actor | undefined>;

export interface VerifierOptions {
  /** Reads the key set: at the first use, and again when a token names a key that is not in it. */
  keys: () => Promise<JSONWebKeySet>;
  now?: () => number;
}

/** A key set in a mounted file: kubelet and the runtime replace it when a key is published. */
export const keysInFile = (path: string) => async (): Promise<JSONWebKeySet> =>
  JSON.parse(await readFile(path, 'utf8'));

/** Tokens of unknown keys make it read the key set at most this often. */
const rereadMs = 1_000;
/** A withdrawn key, and what was verified with it, is out after this time. */
const trustMs = 30_000;
const rememberedTokens = 1_000;

/** Verifies EdDSA JWTs (RFC 8725: one algorithm, issuer, audience, expiry and subject required). */
export const createVerifier = ({ keys, now = Date.now }: VerifierOptions): Verify => {
  let loaded: { set: KeySet; at: number } | undefined;
  let loading: Promise<KeySet> | undefined;
  const remembered = new Map<string, { actor: Actor; until: number }>();

  const load = (): Promise<KeySet> => {
    loading ??= keys()
      .then((document) => {
        loaded = { set: createLocalJWKSet(document), at: now() };
        return loaded.set;
      })
      .catch((cause) => {
        throw unavailable('The keys that sign tokens cannot be read.', { cause });
      })
      .finally(() => {
        loading = undefined;
      });
    return loading;
  };

  const check = async (token: string): Promise<Actor | undefined> => {
    const set = loaded && now() - loaded.at < trustMs ? loaded.set : await load();
    try {
      return await actorOf(token, set, now());
    } catch (error) {
      const unknownKey = error instanceof errors.JWKSNoMatchingKey;
      if (!unknownKey || (loaded && now() - loaded.at < rereadMs)) return undefined;
      return actorOf(token, await load(), now()).catch(() => undefined);
    }
  };

  return async (token) => {
    const seen = remembered.get(token);
    if (seen && now() < seen.until) return seen.actor;
    const actor = await check(token);
    if (!actor) return undefined;
    if (remembered.size >= rememberedTokens) remembered.clear();
    remembered.set(token, { actor, until: Math.min(now() + trustMs, actor.expiresAt * 1000) });
    return actor;
  };
};

type KeySet = ReturnType<typeof createLocalJWKSet>;

const actorOf = async (token: string, set: KeySet, now: number): Promise<Actor | undefined> => {
  const { payload } = await jwtVerify(token, set, {
    algorithms: ['EdDSA'],
    audience,
    issuer,
    requiredClaims: ['sub', 'exp'],
    currentDate: new Date(now),
  });
  const { sub, exp, role, sid } = payload;
  if (!sub || !exp || (role !== 'customer' && role !== 'operator')) return undefined;
  return { id: sub, role, token, session: typeof sid === 'string' ? sid : undefined, expiresAt: exp };
};
