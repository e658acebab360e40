import type { JSONWebKeySet } from 'jose';

/** Public members of Ed25519 keys (RFC 8037 §2): a private key in the set would not get out. */
export const publicKeys = ({ keys }: JSONWebKeySet): JSONWebKeySet => ({
  keys: keys.map(
    ({ kty, crv, x, kid, alg, use }) => ({ kty, crv, x, kid, alg, use }) as JSONWebKeySet['keys'][number],
  ),
});
