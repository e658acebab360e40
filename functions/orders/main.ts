import * as z from 'zod';
import { createOutbox } from '../../eventing/outbox/outbox.ts';
import { createBase } from '../kit/base.ts';
import { baseEnvironment, databaseUrl, httpUrl, identityEnvironment, parseConfig } from '../kit/config.ts';
import { connect } from '../kit/database.ts';
import { createDueLoop } from '../kit/due-loop.ts';
import { serve } from '../kit/serve.ts';
import { traceparent } from '../kit/trace.ts';
import { createApp } from './app.ts';
import { createCatalog } from './catalog.ts';
import { createStore } from './store.ts';

const config = parseConfig(
  z.object({ ...baseEnvironment, ...identityEnvironment, DATABASE_URL: databaseUrl, K_SINK: httpUrl }),
  process.env,
);
const database = connect(config.DATABASE_URL, { max: 8, name: 'orders' });
const base = createBase({
  name: 'orders',
  config,
  folder: import.meta.dirname,
  checks: { database: database.check },
});
const outbox = createOutbox({
  sql: database.sql,
  source: '/orders',
  sink: new URL(config.K_SINK),
  log: base.log,
  traceparent,
});
const store = createStore(database.db);
const forgetting = createDueLoop({
  name: 'the forgetting of expired keys',
  log: base.log,
  run: async () => {
    await store.forgetExpiredKeys();
    return new Date(Date.now() + 3_600_000);
  },
});

await serve(createApp({ base, store, catalog: createCatalog(database.db), outbox }), {
  base,
  config,
  start: [outbox.start, forgetting.start],
  stop: [forgetting.stop, outbox.stop, database.close],
});
