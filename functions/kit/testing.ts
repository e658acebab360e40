import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JSONWebKeySet, type JWK, SignJWT } from 'jose';
import type { CloudEvent } from '../../eventing/contracts/cloud-event.ts';
import type { Limits } from '../../eventing/outbox/limits.ts';
import type { Role } from './actor.ts';
import type { Base } from './base.ts';
import { readCloudEvent } from './cloud-event.ts';
import { createHttpServer } from './http-server.ts';
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
  privateKey: JWK;
  verify: Verify;
  /** A signed bearer token. */
  token(options?: TokenOptions): Promise<string>;
}

export const someUser = '01890a5d-ac96-774b-bcce-b302099a8057';

/** A signing key of its own, with the verifier that trusts it: as auth and its JWKS do. */
export const testIdentity = async (kid = 'test'): Promise<TestIdentity> => {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' }] };
  return {
    keys,
    privateKey: { ...(await exportJWK(privateKey)), kid, alg: 'EdDSA', use: 'sig' },
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

/**
 * What `functions/<fn>/testing.ts` gets to build its app of real parts: the shared tests in test/routes find every
 * function that has one, and need nothing else of it.
 */
export interface TestWorld {
  base: Base & { verify: Verify };
  identity: TestIdentity;
  /** A migrated database, as this function's role; of no use to a function without one. */
  databaseUrl: string;
  /** Takes every event. */
  sink: URL;
  /** Of the outbox, where they are others than its defaults. */
  limits?: Partial<Limits>;
  /** Where the functions of this world listen, by name; without it none does. */
  urls?: Readonly<Record<string, string>>;
}

export interface TestApp {
  app: { fetch(request: Request, env?: object): Response | Promise<Response> };
  /** Ends what the app holds open. */
  close(): Promise<void>;
}

/** The signature of `startTestApp` in `functions/<fn>/testing.ts`. */
export type StartTestApp = (world: TestWorld) => Promise<TestApp>;

export interface TestSink {
  url: URL;
  /** What came in, in order. */
  events: CloudEvent[];
  close(): Promise<void>;
}

/** An address that takes events as a broker's ingress does. */
export const startTestSink = async (): Promise<TestSink> => {
  const events: CloudEvent[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    events.push(
      readCloudEvent(new Headers(incoming.headers as Record<string, string>), Buffer.concat(chunks)),
    );
    outgoing.writeHead(202).end();
  });
  const port = await listen(server);
  return { url: new URL(`http://127.0.0.1:${port}/kagari/default`), events, close: () => closed(server) };
};

export interface TestServer {
  url: string;
  close(): Promise<void>;
}

/** The app behind a real socket, as serve has it. */
export const startTestServer = async (app: TestApp['app']): Promise<TestServer> => {
  const server = createHttpServer(app, createLog({ service: 'test', revision: 'test', level: 'silent' }));
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}`, close: () => closed(server) };
};

const listen = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

const closed = async (server: Server): Promise<void> => {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
};
