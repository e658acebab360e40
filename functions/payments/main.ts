import * as z from 'zod';
import { createOutbox } from '../../eventing/outbox/outbox.ts';
import { createBase } from '../kit/base.ts';
import { baseEnvironment, databaseUrl, httpUrl, identityEnvironment, parseConfig } from '../kit/config.ts';
import { connect } from '../kit/database.ts';
import { durationMs } from '../kit/duration.ts';
import { serve } from '../kit/serve.ts';
import { traceparent } from '../kit/trace.ts';
import { createApp } from './app.ts';
import { createBank } from './bank.ts';
import { createDeadlines } from './end-payments.ts';
import { createStore } from './store.ts';

const config = parseConfig(
  z.object({
    ...baseEnvironment,
    ...identityEnvironment,
    DATABASE_URL: databaseUrl,
    K_SINK: httpUrl,
    BANK_URL: httpUrl,
    BANK_WEBHOOK_SECRET: z.string().regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'must be whsec_<base64>'),
    PAYMENT_DEADLINE: z
      .string()
      .refine((text) => (durationMs(text) ?? 0) > 0, 'must be an ISO 8601 duration, as PT15M'),
  }),
  process.env,
);
const database = connect(config.DATABASE_URL, { max: 8, transactions: 2, name: 'payments' });
const base = createBase({
  name: 'payments',
  config,
  folder: import.meta.dirname,
  checks: { database: database.check },
});
const outbox = createOutbox({
  sql: database.sql,
  source: '/payments',
  sink: new URL(config.K_SINK),
  log: base.log,
  traceparent,
});
const store = createStore(database);
const bank = createBank({ url: config.BANK_URL });
const deadlines = createDeadlines(
  { store, bank, transaction: outbox.transaction, write: outbox.write },
  base.log,
);

const app = createApp({
  base,
  store,
  outbox,
  bank,
  deadlines,
  deadlineMs: durationMs(config.PAYMENT_DEADLINE) ?? 0,
  webhookSecret: config.BANK_WEBHOOK_SECRET,
});

await serve(app, {
  base,
  config,
  start: [outbox.start, deadlines.start],
  stop: [deadlines.stop, outbox.stop, database.close],
});
