import { globalAgent } from 'node:http';
import { join } from 'node:path';
import * as z from 'zod';
import { createBase } from '../kit/base.ts';
import {
  baseEnvironment,
  databaseUrl,
  failStart,
  httpUrl,
  identityEnvironment,
  parseConfig,
} from '../kit/config.ts';
import { serve } from '../kit/serve.ts';
import { createVerifier, keysInFile } from '../kit/verify.ts';
import { createApp } from './app.ts';
import { createArrivals, networksVariable } from './arrival.ts';
import { originsVariable } from './cors.ts';
import { exposedFunctions } from './exposed.ts';
import { createForward } from './forward.ts';
import { createLeasesInTime } from './limits/leases-in-time.ts';
import { limitsEnvironment, limitsOf } from './limits/limit.ts';
import { createLimiter } from './limits/limiter.ts';
import { createLocalLeases } from './limits/local-leases.ts';
import { openSharedLeases } from './limits/shared-leases.ts';
import { readDocuments } from './read-documents.ts';

const urlVariable = (fn: string) => `${fn.toUpperCase()}_URL`;
const config = parseConfig(
  z.object({
    ...baseEnvironment,
    ...identityEnvironment,
    DATABASE_URL: databaseUrl,
    ...limitsEnvironment,
    CORS_ORIGINS: originsVariable,
    TRUSTED_PROXIES: networksVariable,
    // A function without a URL is not there.
    ...Object.fromEntries([...exposedFunctions, 'web'].map((fn) => [urlVariable(fn), httpUrl.optional()])),
  }),
  process.env,
);
const urls = Object.fromEntries(
  [...exposedFunctions, 'web'].flatMap((fn) => {
    const url = (config as Record<string, unknown>)[urlVariable(fn)];
    return typeof url === 'string' ? [[fn, url]] : [];
  }),
);
const openapiFolder = join(import.meta.dirname, 'openapi');
const { web: _, ...functions } = urls;
const documents = await readDocuments(openapiFolder, Object.keys(functions)).catch((error: Error) =>
  failStart(error.message),
);
const limits = limitsOf(config);
const shared = openSharedLeases(config.DATABASE_URL, Object.values(limits));
const made = createBase({
  name: 'gateway',
  config,
  folder: import.meta.dirname,
  // No check: without its database it serves on, each pod with its own limits.
  moreHealth: async () => ({ limits: leases.isShared() ? 'shared' : 'local' }),
});
const leases = createLeasesInTime({ shared: shared.take, local: createLocalLeases(), log: made.log });
const base = { ...made, verify: createVerifier({ keys: keysInFile(config.JWKS_FILE) }) };
const app = createApp({
  base,
  documents,
  urls,
  // The global agent follows HTTP_PROXY under NODE_USE_ENV_PROXY, which is how pods reach names without a resolver.
  forward: createForward({ agent: globalAgent, timeoutMs: 30_000 }),
  arrivals: createArrivals(config.TRUSTED_PROXIES),
  limiter: createLimiter(leases.take),
  limits,
  origins: config.CORS_ORIGINS,
  docsFolder: join(openapiFolder, 'swagger-ui'),
});

await serve(app, { base, config, stop: [() => globalAgent.destroy(), shared.close] });
