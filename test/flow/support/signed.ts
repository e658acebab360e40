import { Webhook } from 'standardwebhooks';
import { v7 as uuidv7 } from 'uuid';

export interface WebhookParts {
  id?: string;
  at?: Date;
  secret: string;
}

/** The headers of a webhook as Standard Webhooks 1.0 signs it. */
export const signedHeaders = (
  body: string,
  { id = `msg_${uuidv7()}`, at = new Date(), secret }: WebhookParts,
) => ({
  'webhook-id': id,
  'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
  'webhook-signature': new Webhook(secret).sign(id, at, body),
});
