import { v7 as uuidv7 } from 'uuid';
import { userSignedUp } from '../../../eventing/contracts/user.ts';
import { startTestApp as startAnalytics } from '../../../functions/analytics/testing.ts';
import { startTestApp as startBank } from '../../../functions/bank/testing.ts';
import { startTestApp as startDeadletters } from '../../../functions/deadletters/testing.ts';
import { startTestServer } from '../../../functions/kit/testing.ts';
import { startTestApp as startNotifications } from '../../../functions/notifications/testing.ts';
import { startTestApp as startOrders } from '../../../functions/orders/testing.ts';
import { startTestApp as startPayments } from '../../../functions/payments/testing.ts';
import { type BrokerOptions, startBroker } from './broker.ts';
import { clientOf } from './client.ts';
import { eventOf, type FetchApp } from './events.ts';
import { readTriggers } from './triggers.ts';
import type { FlowWorld } from './world.ts';

export interface FlowOptions extends Partial<Pick<BrokerOptions, 'retries' | 'backoffMs'>> {
  deadlineMs?: number;
  webhookRetryMs?: number;
  /** Between two tries to have the bank end a payment, at most. */
  bankRetryMs?: number;
  /** What stands between the network and a part: `broker`, `webhook`, or a function by its name. */
  between?: (part: string, app: FetchApp) => FetchApp;
}

export type Flow = Awaited<ReturnType<typeof startFlow>>;

/** All functions of the flow on loopback ports, over one database, with a broker that has the manifests' triggers. */
export const startFlow = async (
  world: FlowWorld,
  {
    deadlineMs = 5_000,
    webhookRetryMs = 200,
    bankRetryMs,
    retries = 5,
    backoffMs = (n) => 200 * 2 ** n,
    between = (_, app) => app,
  }: FlowOptions = {},
) => {
  const urls = new Map<string, string>();
  const broker = await startBroker({
    triggers: readTriggers(),
    urlOf: (name) => urls.get(name),
    retries,
    backoffMs,
  });
  const ingress = await broker.serve(between('broker', broker.app) as typeof broker.app);
  const sink = new URL(`${ingress.url}/kagari/default`);

  // The bank knows payments and payments the bank: the bank is told an address that payments moves into.
  let paymentsApp: FetchApp | undefined;
  const webhooks = await startTestServer(
    between('webhook', {
      fetch: (request) => paymentsApp?.fetch(request) ?? new Response(null, { status: 503 }),
    }),
  );
  const bank = await startBank(world.of('bank'), {
    webhookUrl: `${webhooks.url}/webhook`,
    firstRetryMs: webhookRetryMs,
  });
  const bankServer = await startTestServer(between('bank', bank.app));
  const payments = await startPayments(world.of('payments', sink), {
    bankUrl: bankServer.url,
    deadlineMs,
    ...(bankRetryMs && { maxRetryMs: bankRetryMs }),
  });
  paymentsApp = payments.app;
  payments.deadlines.start();
  const orders = await startOrders(world.of('orders', sink));
  const notifications = await startNotifications(world.of('notifications', sink));
  const deadletters = await startDeadletters(world.of('deadletters', sink));
  const analytics = await startAnalytics(world.of('analytics'));
  const functions = { payments, orders, notifications, deadletters, analytics };

  const servers = [ingress, webhooks, bankServer];
  for (const [name, { app }] of Object.entries(functions)) {
    const server = await startTestServer(between(name, app));
    servers.push(server);
    urls.set(name, server.url);
  }

  return {
    broker,
    bank,
    ...functions,
    /** A customer; `signUp` tells of them as auth would, and makes their contact known. */
    async newCustomer() {
      const userId = uuidv7();
      const bearer = await world.identity.token({ sub: userId });
      const get = async (app: FetchApp, path: string) => (await clientOf(app)('GET', path, { bearer })).body;
      return {
        userId,
        signUp: () => broker.publish(eventOf(userSignedUp, { userId, email: `${userId}@example.com` })),
        place: (paymentToken: string, key: string = uuidv7()) =>
          clientOf(orders.app)('POST', '/', {
            bearer,
            body: { items: [{ sku: 'tea-sencha', quantity: 1 }], currency: 'EUR', paymentToken },
            headers: { 'idempotency-key': key },
          }),
        cancel: async (id: string) =>
          (await clientOf(orders.app)('POST', `/${id}/cancel`, { bearer })).status,
        order: (id: string) => get(orders.app, `/${id}`),
        payment: (orderId: string) => get(payments.app, `/status?orderId=${orderId}`),
        mails: async () =>
          (await get(notifications.app, '/?limit=100')).items as { type: string; subject: string }[],
      };
    },
    async close() {
      await broker.close();
      await bank.sender.stop();
      for (const { close } of Object.values(functions)) await close();
      await bank.close();
      for (const server of servers) await server.close();
    },
  };
};
