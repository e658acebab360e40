import { createOutbox } from '../../eventing/outbox/outbox.ts';
import { connect } from '../kit/database.ts';
import type { TestWorld } from '../kit/testing.ts';
import { createApp } from './app.ts';
import { createDelivery, type DeliveryOptions } from './deliver-letters.ts';
import { createLetterQueue } from './letter-queue.ts';
import { createSmtp, type SmtpOptions } from './smtp.ts';
import { createStore } from './store.ts';

export interface TestNotifications
  extends Pick<DeliveryOptions, 'timeoutMs' | 'firstRetryMs' | 'giveUpAfterMs'> {
  /** Without it mails stay in the database. */
  smtp?: SmtpOptions;
}

/** The app of real parts, for its own tests and the shared ones. */
export const startTestApp = async (
  { base, databaseUrl, sink, limits }: TestWorld,
  { smtp, ...options }: TestNotifications = {},
) => {
  const database = connect(databaseUrl, { max: 6, name: 'notifications' });
  const outbox = createOutbox({ sql: database.sql, source: '/notifications', sink, log: base.log, limits });
  const queue = createLetterQueue(database.sql);
  const { transaction } = outbox;
  const delivery =
    smtp && createDelivery({ queue, transaction, send: createSmtp(smtp), log: base.log, ...options });
  const app = createApp({
    base: { ...base, checks: { database: database.check } },
    store: createStore(database.db),
    outbox,
    ...(delivery && { delivery }),
  });
  await outbox.start();
  delivery?.start();
  const close = async () => {
    await delivery?.stop();
    await outbox.stop();
    await database.close();
  };
  return { app, database, close };
};
