import * as z from 'zod';
import { createOutbox } from '../../eventing/outbox/outbox.ts';
import { createBase } from '../kit/base.ts';
import { baseEnvironment, databaseUrl, httpUrl, identityEnvironment, parseConfig } from '../kit/config.ts';
import { connect } from '../kit/database.ts';
import { serve } from '../kit/serve.ts';
import { traceparent } from '../kit/trace.ts';
import { createApp } from './app.ts';
import { createCatalog } from './catalog.ts';
import { createForgetting } from './forget-keys.ts';
import { createStore } from './store.ts';

const config = parseConfig(
  z.object({ ...baseEnvironment, ...identityEnvironment, DATABASE_URL: databaseUrl, K_SINK: httpUrl }),
  process.env,
);
const database = connect(config.DATABASE_URL, { max: 8, transactions: 2, name: 'orders' });
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
const forgetting = createForgetting(store, base.log);

await serve(createApp({ base, store, catalog: createCatalog(database.db), outbox }), {
  base,
  config,
  start: [outbox.start, forgetting.start],
  stop: [forgetting.stop, outbox.stop, database.close],
});
