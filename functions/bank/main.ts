import * as z from 'zod';
import { createBase } from '../kit/base.ts';
import { baseEnvironment, databaseUrl, httpUrl, parseConfig } from '../kit/config.ts';
import { connect } from '../kit/database.ts';
import { serve } from '../kit/serve.ts';
import { createApp } from './app.ts';
import { createChargeStore } from './charge-store.ts';
import { createMessageStore } from './message-store.ts';
import { createMessageSender } from './send-messages.ts';
import { createWebhook } from './webhook.ts';

const config = parseConfig(
  z.object({
    ...baseEnvironment,
    DATABASE_URL: databaseUrl,
    PAYMENTS_URL: httpUrl,
    BANK_WEBHOOK_SECRET: z.string().regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'must be whsec_<base64>'),
  }),
  process.env,
);
const database = connect(config.DATABASE_URL, { max: 6, transactions: 1, name: 'bank' });
const base = createBase({
  name: 'bank',
  config,
  folder: import.meta.dirname,
  checks: { database: database.check },
});

const charges = createChargeStore(database);
const sender = createMessageSender({
  charges,
  messages: createMessageStore(database.sql),
  webhook: createWebhook({
    url: `${config.PAYMENTS_URL.replace(/\/$/, '')}/webhook`,
    secret: config.BANK_WEBHOOK_SECRET,
  }),
  log: base.log,
});

await serve(createApp({ base, charges, sender }), {
  base,
  config,
  start: [sender.start],
  stop: [sender.stop, database.close],
});
