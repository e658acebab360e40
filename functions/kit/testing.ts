import { createLocalJWKSet, exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose';
import type { Role } from './actor.ts';
import type { Base } from './base.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { audience, createVerifier, issuer, type Verify } from './verify.ts';

export interface TokenOptions {
  sub?: string;
  role?: Role;
  /** Seconds from now; negative: expired. */
  expiresIn?: number;
  audience?: string;
  issuer?: string;
  session?: string;
}

export interface TestIdentity {
  keys: JSONWebKeySet;
  verify: Verify;
  /** A signed bearer token. */
  token(options?: TokenOptions): Promise<string>;
}

export const someUser = '01890a5d-ac96-774b-bcce-b302099a8057';

/** A signing key of its own, with the verifier that trusts it: as auth and its JWKS do. */
export const testIdentity = async (kid = 'test'): Promise<TestIdentity> => {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' }] };
  createLocalJWKSet(keys);
  return {
    keys,
    verify: createVerifier({ keys: async () => keys }),
    token: ({ sub = someUser, role = 'customer', expiresIn = 300, session, ...claims } = {}) =>
      new SignJWT({ role, ...(session && { sid: session }) })
        .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'JWT' })
        .setSubject(sub)
        .setIssuer(claims.issuer ?? issuer)
        .setAudience(claims.audience ?? audience)
        .setIssuedAt()
        .setExpirationTime(Math.floor(Date.now() / 1000) + expiresIn)
        .sign(privateKey),
  };
};

/** A base for createApp in tests: silent, no dependency to check unless given. */
export const testBase = (name: string, more: Partial<Base> = {}): Base => ({
  service: name,
  revision: `${name}-00001`,
  version: 'test',
  log: createLog({ service: name, revision: 'test', level: 'silent' }),
  metrics: createMetrics({ service: name, revision: 'test' }),
  checks: {},
  openapi: async () => undefined,
  life: { stopping: false },
  ...more,
});
