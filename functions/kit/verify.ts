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

const rereadMs = 1_000;
const rememberedTokens = 1_000;
/** A token is trusted from memory at most this long, so that a withdrawn key is out soon. */
const rememberedMs = 30_000;

/** Verifies EdDSA JWTs (RFC 8725: one algorithm, issuer, audience, expiry and subject required). */
export const createVerifier = ({ keys, now = Date.now }: VerifierOptions): Verify => {
  let loaded: { set: ReturnType<typeof createLocalJWKSet>; at: number } | undefined;
  let loading: Promise<void> | undefined;
  const remembered = new Map<string, { actor: Actor; until: number }>();

  const load = () => {
    loading ??= keys()
      .then((set) => {
        loaded = { set: createLocalJWKSet(set), at: now() };
        remembered.clear();
      })
      .catch((error) => {
        throw unavailable('The keys that sign tokens cannot be read.', { cause: error });
      })
      .finally(() => {
        loading = undefined;
      });
    return loading;
  };

  const check = async (token: string): Promise<Actor | undefined> => {
    if (!loaded) await load();
    try {
      return await actorOf(token, loaded?.set, now());
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) return undefined;
      if (!loaded || now() - loaded.at < rereadMs) return undefined;
      await load();
      return actorOf(token, loaded.set, now()).catch(() => undefined);
    }
  };

  return async (token) => {
    const seen = remembered.get(token);
    if (seen && now() < seen.until) return seen.actor;
    const actor = await check(token);
    if (!actor) return undefined;
    if (remembered.size >= rememberedTokens) remembered.clear();
    remembered.set(token, { actor, until: Math.min(now() + rememberedMs, actor.expiresAt * 1000) });
    return actor;
  };
};

const actorOf = async (
  token: string,
  set: ReturnType<typeof createLocalJWKSet> | undefined,
  now: number,
): Promise<Actor | undefined> => {
  if (!set) return undefined;
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
