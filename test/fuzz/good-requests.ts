import { v7 as uuidv7 } from 'uuid';
import { type Draft, rightWho } from './request.ts';
import { newAccount, newOrder, type Seeds } from './seeds.ts';
import type { Target } from './targets.ts';

interface Good {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  headers?: Record<string, unknown>;
  json?: unknown;
  signed?: true;
}

/** What is answered well, of each operation that needs more than its path. */
const goodRequests: Record<string, (seeds: Seeds) => Good | Promise<Good>> = {
  'analytics.recordEvent': () => ({ json: { type: 'page.seen' } }),
  'analytics.timeline': ({ orderId }) => ({ params: { subject: orderId } }),
  'api.messages': ({ topic }) => ({ query: { topic } }),
  'auth.signUp': () => ({ json: newAccount() }),
  'auth.logIn': ({ account }) => ({ json: account }),
  'auth.refresh': async ({ logIn }) => ({ json: { refreshToken: (await logIn()).refreshToken } }),
  'auth.validate': async ({ logIn }) => ({ json: { token: (await logIn()).accessToken } }),
  'bank.createCharge': () => ({
    json: { paymentId: uuidv7(), amount: 100, currency: 'EUR', token: 'tok_ok' },
  }),
  'bank.getCharge': ({ paymentId }) => ({ params: { paymentId } }),
  'bank.cancelCharge': async ({ charge }) => ({ params: { paymentId: await charge() } }),
  'bank.refundCharge': async ({ charge }) => ({ params: { paymentId: await charge() } }),
  'deadletters.redrive': ({ deadLetter }) => ({ params: { id: deadLetter() } }),
  'deadletters.discard': ({ deadLetter }) => ({ params: { id: deadLetter() }, json: { note: 'a seed' } }),
  'orders.placeOrder': () => ({ headers: { 'idempotency-key': uuidv7() }, json: newOrder('tok_ok') }),
  'orders.getOrder': ({ orderId }) => ({ params: { id: orderId } }),
  'orders.cancelOrder': async ({ order }) => ({ params: { id: await order('tok_ok') } }),
  'payments.initiatePayment': ({ orderId }) => ({ json: { orderId } }),
  'payments.paymentStatus': ({ orderId }) => ({ query: { orderId } }),
  'payments.receiveWebhook': ({ paymentId }) => ({
    json: {
      type: 'charge.captured',
      timestamp: new Date().toISOString(),
      data: { paymentId, reason: null },
    },
    signed: true,
  }),
  'producer.produce': ({ topic }) => ({ json: { topic, value: 1 } }),
  'web.asset': () => ({ params: { version: 'any', file: 'session.js' } }),
  'web.order': ({ orderId }) => ({ params: { id: orderId } }),
};

export const goodDraft = async (target: Target, seeds: Seeds): Promise<Draft> => {
  const {
    params = {},
    query = {},
    headers = {},
    json,
    signed,
  } = (await goodRequests[target.operation]?.(seeds)) ?? {};
  return {
    how: 'valid',
    who: rightWho(target),
    method: target.method,
    path: target.path,
    params,
    query: Object.entries(query),
    headers: [
      ...Object.entries(headers),
      ...(json === undefined ? [] : [['content-type', 'application/json'] as const]),
    ],
    ...(json !== undefined && { body: { json } }),
    ...(signed && { signed }),
  };
};
