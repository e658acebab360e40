import { connect } from '../kit/database.ts';
import type { TestWorld } from '../kit/testing.ts';
import { createApp } from './app.ts';
import { createChargeStore } from './charge-store.ts';
import { createMessageStore } from './message-store.ts';
import { createMessageSender, type MessageSenderOptions } from './send-messages.ts';
import { createWebhook } from './webhook.ts';

export const testWebhookSecret = 'whsec_c29tZSBieXRlcyB0aGF0IG9ubHkgdGVzdHMga25vdw==';

export interface TestBank extends Pick<MessageSenderOptions, 'firstRetryMs' | 'timeoutMs' | 'tries'> {
  /** Where webhooks go; without one, and without payments in the world, nobody answers there. */
  webhookUrl?: string;
}

const nobody = 'http://127.0.0.1:9/webhook';

/** The app of real parts, for its own tests and the shared ones. */
export const startTestApp = async (
  { base, databaseUrl, urls }: TestWorld,
  { webhookUrl = urls?.payments ? `${urls.payments}/webhook` : nobody, ...options }: TestBank = {},
) => {
  const database = connect(databaseUrl, { max: 6, name: 'bank' });
  const charges = createChargeStore(database);
  const sender = createMessageSender({
    charges,
    messages: createMessageStore(database.sql),
    webhook: createWebhook({ url: webhookUrl, secret: testWebhookSecret }),
    log: base.log,
    ...options,
  });
  const app = createApp({ base: { ...base, checks: { database: database.check } }, charges, sender });
  sender.start();
  const close = async () => {
    await sender.stop();
    await database.close();
  };
  return { app, database, sender, close };
};
