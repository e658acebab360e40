import { join } from 'node:path';
import * as z from 'zod';
import { createBase } from '../kit/base.ts';
import { baseEnvironment, parseConfig } from '../kit/config.ts';
import { serve } from '../kit/serve.ts';
import { createApp } from './app.ts';
import { readAssets } from './assets.ts';

const config = parseConfig(
  z.object({
    ...baseEnvironment,
    /** Names of what the gateway lets outside reach, for the start page. */
    FUNCTIONS: z.string().transform((names) => names.split(/\s+/).filter(Boolean)),
  }),
  process.env,
);
const base = createBase({ name: 'web', config, folder: import.meta.dirname });
const assets = await readAssets(join(import.meta.dirname, 'assets'));

await serve(createApp({ base, assets, functions: config.FUNCTIONS }), { base, config });
