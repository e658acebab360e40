import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { captured, failed, startPaymentsAndBank } from '../../test/flow/support/payments-and-bank.ts';
import { signedHeaders } from '../../test/flow/support/signed.ts';
import { createWorld, type FlowWorld } from '../../test/flow/support/world.ts';
import type { Settlement } from './payment.ts';
import { settlePayment } from './settle-payment.ts';
import { createStore } from './store.ts';
import { testWebhookSecret } from './testing.ts';

let world: FlowWorld;
let both: Awaited<ReturnType<typeof startPaymentsAndBank>>;

beforeAll(async () => {
  world = await createWorld();
  both = await startPaymentsAndBank(world);
});
afterAll(async () => {
  await both?.close();
  await world?.close();
});

const newPayment = async (token = 'tok_ok') => {
  const order = await both.newOrder(token);
  await order.deliver();
  const [paymentId = ''] = await both.paymentsOf(order.orderId);
  return { ...order, paymentId };
};
const ended = async (paymentId: string) => (await both.told(paymentId)).slice(1);

describe('a webhook of the bank', () => {
  test('that the charge is captured ends the payment well, and tells so', async () => {
    const { paymentId, orderId, userId, status } = await newPayment();
    const answer = await both.webhook(captured(paymentId));
    expect([answer.status, answer.body]).toEqual([204, undefined]);
    const { body } = await status();
    expect(body).toMatchObject({ paymentId, orderId, status: 'succeeded', captures: 1 });
    expect(body.history.map((step: { status: string }) => step.status)).toEqual(['initiated', 'succeeded']);
    expect(await ended(paymentId)).toEqual([
      { type: 'dev.kagari.payment.succeeded.v1', data: { paymentId, orderId, userId } },
    ]);
  });

  test('that it failed ends the payment with the reason', async () => {
    const { paymentId, orderId, userId, status } = await newPayment('tok_declined');
    expect((await both.webhook(failed(paymentId))).status).toBe(204);
    expect((await status()).body).toMatchObject({ status: 'failed', captures: 0 });
    expect(await ended(paymentId)).toEqual([
      { type: 'dev.kagari.payment.failed.v1', data: { paymentId, orderId, userId, reason: 'declined' } },
    ]);
  });

  test('that comes again, also at once, changes nothing: by its id, and by what it says', async () => {
    const { paymentId, status } = await newPayment();
    const answers = await Promise.all([
      ...[1, 2, 3, 4].map(() => both.webhook(captured(paymentId), { id: `msg_${paymentId}` })),
      ...[1, 2, 3, 4].map(() => both.webhook(captured(paymentId))),
    ]);
    expect(answers.every((answer) => answer.status === 204)).toBe(true);
    expect(await ended(paymentId)).toHaveLength(1);
    expect((await status()).body.history).toHaveLength(2);
  });

  test('that contradicts an earlier one is 409 and changes nothing', async () => {
    const { paymentId, status } = await newPayment();
    await both.webhook(captured(paymentId));
    const answer = await both.webhook(failed(paymentId));
    expect([answer.status, answer.body.code]).toEqual([409, 'ended-otherwise']);
    expect((await status()).body.status).toBe('succeeded');
    expect(await ended(paymentId)).toHaveLength(1);
  });

  test('about an unknown payment is 404, and not taken for seen', async () => {
    for (const paymentId of [uuidv7(), '11111111-1111-1111-1111-111111111111']) {
      const id = `msg_${paymentId}`;
      expect((await both.webhook(captured(paymentId), { id })).status).toBe(404);
      expect(await both.payments.database.sql`select 1 from payments.webhooks where id = ${id}`).toHaveLength(
        0,
      );
    }
  });

  test.each([
    ['no JSON', '{'],
    ['no known type', JSON.stringify({ ...captured(uuidv7()), type: 'charge.teleported' })],
    ['no payment', JSON.stringify({ ...captured(uuidv7()), data: {} })],
  ])('with %s is refused although it is signed', async (_, body) => {
    const headers = signedHeaders(body, { secret: testWebhookSecret });
    const answer = await both.request('POST', '/webhook', { body, headers });
    expect(answer.status).toBe(body === '{' ? 400 : 422);
  });
});

describe('what changes between the reading of a payment and its end is taken into account:', () => {
  const settleWhile = async (settlement: Settlement, webhookId: string, change: () => Promise<unknown>) => {
    const { sql } = both.payments.database;
    const store = createStore(both.payments.database);
    let reads = 0;
    const standing = async (...of: Parameters<typeof store.standing>) => {
      const read = await store.standing(...of);
      if (reads++ === 0) await change();
      return read;
    };
    const { write } = both.payments.outbox;
    const outcome = await settlePayment(
      { store: { ...store, standing }, write },
      settlement,
      webhookId,
    ).catch((error) => error.status);
    const seen = await sql`select 1 from payments.webhooks where id = ${webhookId}`;
    return { outcome, seen: seen.length, reads };
  };
  const word = (paymentId: string, charge: Settlement['charge']) => ({ paymentId, charge, reason: null });

  test('that the bank has the charge is not told twice', async () => {
    const { paymentId } = await newPayment();
    const { sql } = both.payments.database;
    await sql`update payments.payments set accepted_at = null where id = ${paymentId}`;
    const accept = () => sql`update payments.payments set accepted_at = now() where id = ${paymentId}`;
    const result = await settleWhile(word(paymentId, 'captured'), `msg_${paymentId}`, accept);
    expect(result).toEqual({ outcome: { orderCancelled: false }, seen: 1, reads: 2 });
    expect((await both.told(paymentId)).map(({ type }) => type.split('.').at(-2))).toEqual([
      'initiated',
      'succeeded',
    ]);
  });

  test('the cancellation of its order is the reason', async () => {
    const { paymentId, orderId, userId } = await newPayment('tok_silent');
    const cancel = () => both.payments.database.sql`
      insert into payments.cancellations (order_id, user_id) values (${orderId}, ${userId})`;
    const result = await settleWhile(word(paymentId, 'cancelled'), `msg_${paymentId}`, cancel);
    expect(result).toEqual({ outcome: { orderCancelled: true }, seen: 1, reads: 2 });
    expect(await ended(paymentId)).toEqual([
      { type: 'dev.kagari.payment.failed.v1', data: { paymentId, orderId, userId, reason: 'cancelled' } },
    ]);
  });

  test('its end by the same word stands', async () => {
    const { paymentId } = await newPayment();
    const end = () => both.webhook(captured(paymentId));
    const result = await settleWhile(word(paymentId, 'captured'), `msg_${paymentId}`, end);
    expect(result).toEqual({ outcome: { orderCancelled: false }, seen: 1, reads: 2 });
    expect(await ended(paymentId)).toHaveLength(1);
  });

  test('its end by another word stands, and the webhook is not taken for seen', async () => {
    const { paymentId } = await newPayment();
    const end = () => both.webhook(captured(paymentId));
    const result = await settleWhile(word(paymentId, 'failed'), `msg_${paymentId}`, end);
    expect(result).toEqual({ outcome: 409, seen: 0, reads: 2 });
    expect(await ended(paymentId)).toHaveLength(1);
  });

  test('the same webhook is taken once', async () => {
    const { paymentId } = await newPayment();
    const id = `msg_${paymentId}`;
    const same = () => both.webhook(captured(paymentId), { id });
    const result = await settleWhile(word(paymentId, 'failed'), id, same);
    expect(result).toEqual({ outcome: { orderCancelled: false }, seen: 1, reads: 1 });
    expect(await ended(paymentId)).toHaveLength(1);
  });
});

describe('a signature', () => {
  test.each([
    ['of another secret', { secret: 'whsec_b3RoZXIgYnl0ZXMgdGhhdCBub2JvZHkga25vd3MhISE=' }],
    ['from 301 seconds ago', { seconds: -301 }],
    ['of a time 305 seconds ahead', { seconds: 305 }],
  ])('%s is 401', async (_, { seconds = 0, ...secret }: { seconds?: number; secret?: string }) => {
    const { paymentId, status } = await newPayment();
    const at = new Date(Date.now() + seconds * 1_000);
    const answer = await both.webhook(captured(paymentId), { at, ...secret });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBeTruthy();
    expect((await status()).body.status).toBe('initiated');
  });

  test('from 290 seconds ago is good', async () => {
    const { paymentId } = await newPayment();
    expect((await both.webhook(captured(paymentId), { at: new Date(Date.now() - 290_000) })).status).toBe(
      204,
    );
  });

  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])(
    'without %s is 401',
    async (missing) => {
      const { paymentId } = await newPayment();
      const body = JSON.stringify(captured(paymentId));
      const { [missing as 'webhook-id']: _, ...headers } = signedHeaders(body, { secret: testWebhookSecret });
      expect((await both.request('POST', '/webhook', { body, headers })).status).toBe(401);
    },
  );

  test('of another id is 401, however long that is', async () => {
    const { paymentId } = await newPayment();
    const body = JSON.stringify(captured(paymentId));
    const headers = { ...signedHeaders(body, { secret: testWebhookSecret }), 'webhook-id': 'x'.repeat(1000) };
    expect((await both.request('POST', '/webhook', { body, headers })).status).toBe(401);
  });

  test('of another body is 401', async () => {
    const { paymentId } = await newPayment();
    const headers = signedHeaders(JSON.stringify(failed(paymentId)), { secret: testWebhookSecret });
    const answer = await both.request('POST', '/webhook', {
      body: JSON.stringify(captured(paymentId)),
      headers,
    });
    expect(answer.status).toBe(401);
  });

  test('is looked at before what the body calls itself', async () => {
    const body = JSON.stringify(captured(uuidv7()));
    const type = { 'content-type': 'text/plain' };
    const send = (headers: Record<string, string>) => both.request('POST', '/webhook', { body, headers });
    expect((await send(type)).status).toBe(401);
    const signed = signedHeaders(body, { secret: testWebhookSecret });
    expect((await send({ ...signed, ...type })).status).toBe(415);
  });

  test.each(['', 'v1', 'v1,', 'v2,abc', 'v1,=== v1,%%%', `v1,${'x'.repeat(5_000)}`])(
    'written %j is 401',
    async (signature) => {
      const { paymentId } = await newPayment();
      const answer = await both.request('POST', '/webhook', {
        body: JSON.stringify(captured(paymentId)),
        headers: {
          'webhook-id': 'msg_1',
          'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
          'webhook-signature': signature,
        },
      });
      expect(answer.status).toBe(401);
    },
  );
});
