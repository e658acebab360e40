import { Webhook } from 'standardwebhooks';
import { Problem } from '../kit/problem.ts';

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
