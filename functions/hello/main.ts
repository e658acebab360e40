import * as z from 'zod';
import { createBase } from '../kit/base.ts';
import { baseEnvironment, parseConfig } from '../kit/config.ts';
import { serve } from '../kit/serve.ts';
import { createApp } from './app.ts';

const config = parseConfig(z.object(baseEnvironment), process.env);
const base = createBase({ name: 'hello', config, folder: import.meta.dirname });

await serve(createApp({ base }), { base, config });
