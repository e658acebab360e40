import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import type { Deps } from './app.ts';
import { createArrivals, networksVariable } from './arrival.ts';
import { limitsEnvironment, limitsOf } from './limits/limit.ts';
import { createLimiter } from './limits/limiter.ts';
import { createLocalLeases } from './limits/local-leases.ts';

/** As where the environment says nothing; limits are this process's own. */
export const testDefaults = (): Pick<Deps, 'arrivals' | 'docsFolder' | 'limiter' | 'limits' | 'origins'> => ({
  arrivals: createArrivals(networksVariable.parse(undefined)),
  limiter: createLimiter(createLocalLeases()),
  limits: limitsOf(z.object(limitsEnvironment).parse({})),
  origins: [],
  docsFolder: dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json'))),
});
