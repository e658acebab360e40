import { randomBytes, randomUUID } from 'node:crypto';
import { heardBy } from './objects.ts';
import { until } from './until.ts';
import type { Reply, Sent, Web } from './web.ts';

export interface Order {
  id: string;
  status: 'pending' | 'paid' | 'failed' | 'cancelled';
  failureReason: string | null;
  history: { status: string }[];
}
export interface DeadLetter {
  id: string;
  event: { id: string; type: string; source: string; subject?: string };
  destination: string | null;
  code: number | null;
  state: string;
}

const json = <T>(reply: Reply, status = 200): T => {
  if (reply.status !== status) throw new Error(`${reply.status} ${reply.text}`);
  return reply.json<T>();
};

/** The platform as its customers and its operator know it: the gateway's public routes. */
export const createShop = (web: Web, host: string) => {
  const at = (path: string, sent?: Sent) => web.send(host, path, sent);

  const logIn = async (email: string, password: string) => {
    const body = { email, password };
    const { accessToken } = json<{ accessToken: string }>(await at('/auth/login', { body }));
    return { authorization: `Bearer ${accessToken}` };
  };

  const signUp = async () => {
    const email = `acceptance-${randomBytes(6).toString('hex')}@example.com`;
    const password = randomBytes(12).toString('base64url');
    const { userId } = json<{ userId: string }>(await at('/auth/signup', { body: { email, password } }), 201);
    const bearer = await logIn(email, password);
    const [product] = json<{ sku: string; price: { currency: string } }[]>(await at('/orders/catalog'));
    const get = async <T>(path: string) => json<T>(await at(path, { headers: bearer }));
    const orderRequest = (paymentToken: string): Sent => ({
      headers: { ...bearer, 'idempotency-key': randomUUID() },
      body: {
        items: [{ sku: product?.sku, quantity: 1 }],
        currency: product?.price.currency,
        paymentToken,
      },
    });
    const customer = {
      userId,
      credentials: { email, password },
      /** The headers of the customer's requests. */
      bearer,
      orderRequest,
      send: (sent: Sent) => at('/orders/', sent),
      place: async (paymentToken = 'tok_ok') =>
        json<{ id: string }>(await at('/orders/', orderRequest(paymentToken)), 201).id,
      order: (id: string) => get<Order>(`/orders/${id}`),
      /** Once it is no longer pending. */
      settled: (id: string, ms = 60_000) =>
        until(
          `order ${id} is settled`,
          async () => {
            const order = await customer.order(id);
            return order.status !== 'pending' && order;
          },
          ms,
        ),
      /**
       * Once it has ended as an order with a good card may: paid and charged once; or, on a machine too busy for its
       * payment's deadline, given up and not charged. Throws where state and charge disagree.
       */
      async rightlyEnded(id: string): Promise<Order> {
        const order = await customer.settled(id);
        const { captures } = await customer.payment(id);
        const paid = order.status === 'paid' && captures === 1;
        const late = order.status === 'failed' && order.failureReason === 'deadline' && captures === 0;
        if (!paid && !late) throw new Error(`${captures} captures of ${JSON.stringify(order)}`);
        return order;
      },
      /**
       * An order that its payment has ended, not the deadline: where a busy machine let that come first, another one.
       */
      async ended(paymentToken?: string): Promise<Order> {
        for (let tries = 1; ; tries++) {
          const order = await customer.settled(await customer.place(paymentToken));
          if (order.failureReason !== 'deadline') return order;
          if (tries === 3) throw new Error(`order ${order.id} met its deadline, as the two before it`);
        }
      },
      async paid(paymentToken?: string): Promise<string> {
        const { id, status } = await customer.ended(paymentToken);
        if (status !== 'paid') throw new Error(`order ${id} is ${status}`);
        return id;
      },
      payment: (id: string) => get<{ status: string; captures: number }>(`/payments/status?orderId=${id}`),
      mails: async () =>
        (await get<{ items: { type: string; subject: string }[] }>('/notifications/?limit=100')).items,
    };
    return customer;
  };

  /** The dead-letter desk, with the operator's credentials. */
  const openDesk = async (credentials: { email: string; password: string }) => {
    const bearer = await logIn(credentials.email, credentials.password);
    return {
      /** All events of a type that a watching Trigger's ear has heard, over all pages. */
      async letters(type: string, ear: string): Promise<DeadLetter[]> {
        const found: DeadLetter[] = [];
        let cursor: string | null = '';
        do {
          const query = new URLSearchParams({ type, limit: '100', ...(cursor && { cursor }) });
          const page: { items: DeadLetter[]; nextCursor: string | null } = json(
            await at(`/deadletters/?${query}`, { headers: bearer }),
          );
          found.push(...page.items);
          cursor = page.nextCursor;
        } while (cursor);
        return found.filter((letter) => heardBy(ear, letter));
      },
      redrive: (id: string) => at(`/deadletters/${id}/redrive`, { method: 'POST', headers: bearer }),
    };
  };

  return { at, signUp, logIn, openDesk };
};
