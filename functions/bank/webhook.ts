import { Webhook } from 'standardwebhooks';
import type { Message } from './charge.ts';

export type SendWebhook = (message: Message, signal: AbortSignal) => Promise<void>;

export interface WebhookOptions {
  /** Where webhooks go. */
  url: string;
  /** `whsec_<base64>`. */
  secret: string;
  fetch?: typeof fetch;
}

/** Sends a message as Standard Webhooks 1.0 wants it, signed at the time of the try. Throws unless it is taken with 2xx. */
export const createWebhook = ({ url, secret, fetch: post = fetch }: WebhookOptions): SendWebhook => {
  const signer = new Webhook(secret);
  return async (message, signal) => {
    const body = bodyOf(message);
    const now = new Date();
    const response = await post(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': message.webhookId,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': signer.sign(message.webhookId, now, body),
      },
      body,
      redirect: 'error',
      signal,
    });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`the webhook was answered with ${response.status}`);
  };
};

const bodyOf = ({ type, createdAt, paymentId, reason }: Message) =>
  JSON.stringify({ type, timestamp: createdAt.toISOString(), data: { paymentId, reason } });
