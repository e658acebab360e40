import { type CryptoKey, calculateJwkThumbprint, importJWK, type JWK, SignJWT } from 'jose';
import type { Role } from '../kit/actor.ts';
import { audience, issuer } from '../kit/verify.ts';

export interface AccessToken {
  accessToken: string;
  /** Seconds. */
  expiresIn: number;
}

export interface Signer {
  sign(claims: { sub: string; role: Role; session: string }): Promise<AccessToken>;
}

/** Seconds for which a token may be shown. */
export const expiresIn = 900;
/** How long a key may still sign after the file has another one. */
export const rereadMs = 10_000;

/** Signs EdDSA JWTs with a private JWK, read again from time to time: a rotation replaces it where it stands. */
export const createSigner = (readKey: () => Promise<string>): Signer => {
  let current: { text: string; key: CryptoKey | Uint8Array; kid: string; readAt: number } | undefined;

  const signingKey = async () => {
    if (current && Date.now() - current.readAt < rereadMs) return current;
    const text = await readKey();
    if (current?.text === text) current.readAt = Date.now();
    else {
      const jwk = JSON.parse(text) as JWK;
      const kid = jwk.kid ?? (await calculateJwkThumbprint(jwk));
      current = { text, kid, key: await importJWK(jwk, 'EdDSA'), readAt: Date.now() };
    }
    return current;
  };

  return {
    async sign({ sub, role, session }) {
      const { key, kid } = await signingKey();
      const accessToken = await new SignJWT({ role, sid: session })
        .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'JWT' })
        .setSubject(sub)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(`${expiresIn}s`)
        .sign(key);
      return { accessToken, expiresIn };
    },
  };
};
