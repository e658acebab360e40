import * as z from 'zod';
import { createOutbox } from '../../eventing/outbox/outbox.ts';
import { createBase } from '../kit/base.ts';
import { baseEnvironment, databaseUrl, httpUrl, identityEnvironment, parseConfig } from '../kit/config.ts';
import { connect } from '../kit/database.ts';
import { serve } from '../kit/serve.ts';
import { traceparent } from '../kit/trace.ts';
import { createApp } from './app.ts';
import { createDelivery } from './deliver-letters.ts';
import { createLetterQueue } from './letter-queue.ts';
import { createSmtp } from './smtp.ts';
import { createStore } from './store.ts';

const config = parseConfig(
  z.object({
    ...baseEnvironment,
    ...identityEnvironment,
    DATABASE_URL: databaseUrl,
    K_SINK: httpUrl,
    /** Absent: mails stay in the database. */
    SMTP_URL: z
      .url({ protocol: /^smtps?$/, error: 'must be smtp://user:password@host:port, or smtps://' })
      .optional(),
    MAIL_FROM: z.email().default('no-reply@kagari.example'),
  }),
  process.env,
);
const database = connect(config.DATABASE_URL, { max: 6, transactions: 2, name: 'notifications' });
const base = createBase({
  name: 'notifications',
  config,
  folder: import.meta.dirname,
  checks: { database: database.check },
});
const outbox = createOutbox({
  sql: database.sql,
  source: '/notifications',
  sink: new URL(config.K_SINK),
  log: base.log,
  traceparent,
});

const { SMTP_URL: url, MAIL_FROM: from } = config;
const delivery =
  url === undefined
    ? undefined
    : createDelivery({
        queue: createLetterQueue(database.sql),
        transaction: outbox.transaction,
        send: createSmtp({ url, from }),
        log: base.log,
      });
const app = createApp({ base, store: createStore(database.db), outbox, ...(delivery && { delivery }) });

await serve(app, {
  base,
  config,
  start: [outbox.start, () => delivery?.start()],
  stop: [() => delivery?.stop(), outbox.stop, database.close],
});
