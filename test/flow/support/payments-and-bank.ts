import { v7 as uuidv7 } from 'uuid';
import { orderPlaced } from '../../../eventing/contracts/order.ts';
import { startTestApp as startBank } from '../../../functions/bank/testing.ts';
import { startTestServer } from '../../../functions/kit/testing.ts';
import { startTestApp as startPayments, testWebhookSecret } from '../../../functions/payments/testing.ts';
import { clientOf } from './client.ts';
import { deliver, eventOf } from './events.ts';
import { signedHeaders } from './signed.ts';
import type { FlowWorld } from './world.ts';

/** Payments with the real bank behind it, whose webhooks get lost: a test sends them itself, when it likes. */
export const startPaymentsAndBank = async (
  world: FlowWorld,
  { deadlineMs }: { deadlineMs?: number } = {},
) => {
  const bank = await startBank(world.of('bank'));
  const bankServer = await startTestServer(bank.app);
  const payments = await startPayments(world.of('payments'), {
    bankUrl: bankServer.url,
    ...(deadlineMs !== undefined && { deadlineMs }),
  });
  const request = clientOf(payments.app);
  const { sql } = payments.database;

  return {
    bank,
    bankServer,
    payments,
    request,
    /** An order that was placed, not yet told to payments. */
    async newOrder(token: string, amount = 1290) {
      const order = { orderId: uuidv7(), userId: uuidv7() };
      const total = { amount, currency: 'EUR' };
      const items = [{ sku: 'tea-sencha', quantity: 1, unitAmount: amount }];
      const bearer = await world.identity.token({ sub: order.userId });
      const event = eventOf(orderPlaced, { ...order, items, total, paymentToken: token });
      return {
        ...order,
        bearer,
        event,
        deliver: () => deliver(payments.app, event),
        status: () => request('GET', `/status?orderId=${order.orderId}`, { bearer }),
      };
    },
    paymentsOf: async (orderId: string): Promise<string[]> =>
      (await sql`select id from payments.payments where order_id = ${orderId}`).map(({ id }) => id),
    /** The events that payments published about a payment, in order. */
    told: async (paymentId: string) =>
      (await sql`select event from events.outbox where subject = ${paymentId} order by id`).map(
        ({ event }) => ({
          type: event.type,
          data: event.data,
        }),
      ),
    webhook: (
      message: object,
      { id, at, secret = testWebhookSecret }: { id?: string; at?: Date; secret?: string } = {},
    ) => {
      const body = JSON.stringify(message);
      const headers = signedHeaders(body, { secret, ...(id && { id }), ...(at && { at }) });
      return request('POST', '/webhook', { body, headers });
    },
    async close() {
      await payments.close();
      await bankServer.close();
      await bank.close();
    },
  };
};

export const captured = (paymentId: string) => ({
  type: 'charge.captured',
  timestamp: new Date().toISOString(),
  data: { paymentId, reason: null },
});

export const failed = (paymentId: string, reason = 'declined') => ({
  type: 'charge.failed',
  timestamp: new Date().toISOString(),
  data: { paymentId, reason },
});
