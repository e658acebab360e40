import { sql } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import type { Publish, Transaction } from '../kit/inbox.ts';
import { Problem } from '../kit/problem.ts';
import type { Settlement } from './payment.ts';
import { type Settled, settlePayment } from './settle-payment.ts';

export interface SignedHeaders {
  'webhook-id'?: string | undefined;
  'webhook-timestamp'?: string | undefined;
  'webhook-signature'?: string | undefined;
}

/** Checks the signature of a body and its age (Standard Webhooks 1.0, ±300 s); answers the webhook's id. Throws 401. */
export const createSignatureCheck = (secret: string) => {
  const verifier = new Webhook(secret);
  return (body: string, headers: SignedHeaders): string => {
    const {
      'webhook-id': id = '',
      'webhook-timestamp': timestamp = '',
      'webhook-signature': signature = '',
    } = headers;
    const signed = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
    try {
      verifier.verify(body, signed, { jsonParse: false });
    } catch (cause) {
      throw new Problem('bad-signature', 'The signature is missing, wrong, or too far from now.', {
        status: 401,
        cause,
        headers: { 'www-authenticate': 'StandardWebhooks' },
      });
    }
    return id;
  };
};

/** Takes a webhook whose signature is checked; one with an id that was seen before changes nothing. */
export const receiveWebhook = async (
  tx: Transaction,
  publish: Publish,
  webhookId: string,
  settlement: Settlement,
): Promise<Settled> => {
  const unseen = await tx.execute(sql`
    insert into payments.webhooks (id) values (${webhookId}) on conflict do nothing returning id`);
  return unseen.length > 0 ? settlePayment(tx, publish, settlement) : { orderCancelled: false };
};
