import { globalAgent } from 'node:http';
import { join } from 'node:path';
import * as z from 'zod';
import { createBase } from '../kit/base.ts';
import { baseEnvironment, failStart, httpUrl, identityEnvironment, parseConfig } from '../kit/config.ts';
import { serve } from '../kit/serve.ts';
import { createVerifier, keysInFile } from '../kit/verify.ts';
import { createApp } from './app.ts';
import { exposedFunctions } from './exposed.ts';
import { createForward } from './forward.ts';
import { readDocuments } from './read-documents.ts';

const urlVariable = (fn: string) => `${fn.toUpperCase()}_URL`;
const config = parseConfig(
  z.object({
    ...baseEnvironment,
    ...identityEnvironment,
    // A function without a URL is not there.
    ...Object.fromEntries(exposedFunctions.map((fn) => [urlVariable(fn), httpUrl.optional()])),
  }),
  process.env,
);
const urls = Object.fromEntries(
  exposedFunctions.flatMap((fn) => {
    const url = (config as Record<string, unknown>)[urlVariable(fn)];
    return typeof url === 'string' ? [[fn, url]] : [];
  }),
);
const base = {
  ...createBase({ name: 'gateway', config, folder: import.meta.dirname }),
  verify: createVerifier({ keys: keysInFile(config.JWKS_FILE) }),
};
const documents = await readDocuments(join(import.meta.dirname, 'openapi'), Object.keys(urls)).catch(
  (error: Error) => failStart(error.message),
);
// The global agent follows HTTP_PROXY under NODE_USE_ENV_PROXY, which is how pods reach names without a resolver.
const forward = createForward({ agent: globalAgent, timeoutMs: 30_000 });

await serve(createApp({ base, documents, urls, forward }), {
  base,
  config,
  stop: [() => globalAgent.destroy()],
});
