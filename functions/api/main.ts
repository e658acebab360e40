import * as z from 'zod';
import { createPostgresLog } from '../../eventing/log/postgres.ts';
import { createBase } from '../kit/base.ts';
import { baseEnvironment, databaseUrl, identityEnvironment, parseConfig } from '../kit/config.ts';
import { connect } from '../kit/database.ts';
import { serve } from '../kit/serve.ts';
import { createApp } from './app.ts';
import { createClock } from './clock.ts';

const config = parseConfig(
  z.object({ ...baseEnvironment, ...identityEnvironment, DATABASE_URL: databaseUrl }),
  process.env,
);
const database = connect(config.DATABASE_URL, { max: 2, name: 'api' });
const log = createPostgresLog({ url: config.DATABASE_URL });
const base = createBase({
  name: 'api',
  config,
  folder: import.meta.dirname,
  checks: { database: database.check },
});

await serve(createApp({ base, now: createClock(database.sql), log }), {
  base,
  config,
  stop: [log.close, database.close],
});
