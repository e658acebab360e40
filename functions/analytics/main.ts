import * as z from 'zod';
import { createInbox } from '../../eventing/outbox/inbox.ts';
import { createBase } from '../kit/base.ts';
import { baseEnvironment, databaseUrl, identityEnvironment, parseConfig } from '../kit/config.ts';
import { connect } from '../kit/database.ts';
import { serve } from '../kit/serve.ts';
import { createApp } from './app.ts';

const config = parseConfig(
  z.object({ ...baseEnvironment, ...identityEnvironment, DATABASE_URL: databaseUrl }),
  process.env,
);
const database = connect(config.DATABASE_URL, { max: 4, transactions: 1, name: 'analytics' });
const base = createBase({
  name: 'analytics',
  config,
  folder: import.meta.dirname,
  checks: { database: database.check },
});
const inbox = createInbox(database.sql);

await serve(createApp({ base, db: database.db, inbox }), {
  base,
  config,
  stop: [inbox.stop, database.close],
});
