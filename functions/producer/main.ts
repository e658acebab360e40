import * as z from 'zod';
import { createPostgresLog } from '../../eventing/log/postgres.ts';
import { createBase } from '../kit/base.ts';
import { baseEnvironment, databaseUrl, identityEnvironment, parseConfig } from '../kit/config.ts';
import { serve } from '../kit/serve.ts';
import { createApp } from './app.ts';

const config = parseConfig(
  z.object({ ...baseEnvironment, ...identityEnvironment, DATABASE_URL: databaseUrl }),
  process.env,
);
const log = createPostgresLog({ url: config.DATABASE_URL });
const base = createBase({
  name: 'producer',
  config,
  folder: import.meta.dirname,
  checks: { log: log.ping },
});

await serve(createApp({ base, log }), { base, config, stop: [log.close] });
