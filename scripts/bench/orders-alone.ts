// functions/orders by itself, as its main.ts builds it; with RELAY=no its events stay in the outbox, as the peers' do.
import * as z from 'zod';
import { createOutbox } from '../../eventing/outbox/outbox.ts';
import { createBase } from '../../functions/kit/base.ts';
import {
  baseEnvironment,
  databaseUrl,
  httpUrl,
  identityEnvironment,
  parseConfig,
} from '../../functions/kit/config.ts';
import { connect } from '../../functions/kit/database.ts';
import { serve } from '../../functions/kit/serve.ts';
import { createApp } from '../../functions/orders/app.ts';
import { createCatalog } from '../../functions/orders/catalog.ts';
import { createStore } from '../../functions/orders/store.ts';

const config = parseConfig(
  z.object({
    ...baseEnvironment,
    ...identityEnvironment,
    DATABASE_URL: databaseUrl,
    K_SINK: httpUrl,
    RELAY: z.enum(['yes', 'no']),
  }),
  process.env,
);
const database = connect(config.DATABASE_URL, { max: 8, transactions: 2, name: 'orders' });
const base = createBase({ name: 'orders', config, folder: import.meta.dirname });
const outbox = createOutbox({
  sql: database.sql,
  source: '/orders',
  sink: new URL(config.K_SINK),
  log: base.log,
  limits: config.RELAY === 'no' ? { queuedRows: 0, holdMs: 3_600_000 } : {},
});

await serve(
  createApp({ base, store: createStore(database.db), catalog: createCatalog(database.db), outbox }),
  {
    base,
    config,
    stop: [outbox.stop, database.close],
  },
);
