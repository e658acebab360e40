import { createOutbox } from '../../eventing/outbox/outbox.ts';
import { connect } from '../kit/database.ts';
import type { TestWorld } from '../kit/testing.ts';
import { createApp } from './app.ts';
import { createBank } from './bank.ts';
import { createDeadlines } from './end-payments.ts';
import { createStore } from './store.ts';

export const testWebhookSecret = 'whsec_c29tZSBieXRlcyB0aGF0IG9ubHkgdGVzdHMga25vdw==';

export interface TestPayments {
  /** Without one, and without a bank in the world, nobody answers there. */
  bankUrl?: string;
  deadlineMs?: number;
  /** Between two tries to have the bank end a payment, at most. */
  maxRetryMs?: number;
}

const nobody = 'http://127.0.0.1:9';

/** The app of real parts, for its own tests and the shared ones. */
export const startTestApp = async (
  { base, databaseUrl, sink, limits, urls }: TestWorld,
  { bankUrl = urls?.bank ?? nobody, deadlineMs = 60_000, maxRetryMs }: TestPayments = {},
) => {
  const database = connect(databaseUrl, { max: 6, name: 'payments' });
  const outbox = createOutbox({ sql: database.sql, source: '/payments', sink, log: base.log, limits });
  const store = createStore(database);
  const bank = createBank({ url: bankUrl, timeoutMs: 5_000 });
  const deadlines = createDeadlines(
    { store, bank, transaction: outbox.transaction, write: outbox.write },
    base.log,
    maxRetryMs,
  );
  const app = createApp({
    base: { ...base, checks: { database: database.check } },
    store,
    outbox,
    bank,
    deadlines,
    deadlineMs,
    webhookSecret: testWebhookSecret,
  });
  await outbox.start();
  const close = async () => {
    await deadlines.stop();
    await outbox.stop();
    await database.close();
  };
  return { app, database, outbox, deadlines, close };
};
