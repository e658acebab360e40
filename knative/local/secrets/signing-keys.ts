import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { configValue, type Keeper, putConfig, putSecret, secretValue } from './kept.ts';

/** Secret `auth-keys/private.jwk` (Ed25519) and, in ConfigMap `auth-jwks/jwks.json`, its public part beside what is there. */
export const ensureSigningKeys = async (store: Keeper): Promise<void> => {
  let text = secretValue(store, 'auth-keys', 'private.jwk');
  if (text === undefined) {
    text = JSON.stringify(await newKey());
    await putSecret(store, 'auth-keys', { 'private.jwk': text });
  }
  const key = await publicPart(text);
  const published = publishedKeys(configValue(store, 'auth-jwks', 'jwks.json'));
  if (published.some((other) => other.kid === key.kid && other.x === key.x)) return;
  const keys = [key, ...published.filter(({ kid }) => kid !== key.kid)];
  await putConfig(store, 'auth-jwks', { 'jwks.json': JSON.stringify({ keys }) });
};

/** A new private key. */
export const newKey = async (): Promise<JWK> => {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'EdDSA', use: 'sig' };
};

/** What of a private key, as JSON, verifiers may see. Throws, saying what to do, where it is none. */
export const publicPart = async (text: string): Promise<JWK> => {
  const { kty, crv, x, kid } = parse(text, 'Secret kagari/auth-keys: private.jwk') as JWK;
  if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string') {
    throw new Error(
      'Secret kagari/auth-keys: private.jwk is no Ed25519 key as JWK; correct it, or delete the Secret for a new key',
    );
  }
  const key = { kty, crv, x };
  return { ...key, kid: kid ?? (await calculateJwkThumbprint(key)), alg: 'EdDSA', use: 'sig' };
};

/** The keys of a JWK Set as JSON. Throws, saying what to do, where it is none. */
export const publishedKeys = (text: string | undefined): JWK[] => {
  if (text === undefined) return [];
  const { keys } = parse(text, 'ConfigMap kagari/auth-jwks: jwks.json') as { keys?: unknown };
  if (Array.isArray(keys)) return keys;
  throw new Error('ConfigMap kagari/auth-jwks: jwks.json is no JWK Set; correct it, or delete the ConfigMap');
};

const parse = (text: string, what: string): object => {
  try {
    return Object(JSON.parse(text));
  } catch {
    throw new Error(`${what} is not JSON; correct it, or delete it for a new one`);
  }
};
