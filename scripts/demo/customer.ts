import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Order {
  id: string;
  status: 'pending' | 'paid' | 'failed' | 'cancelled';
  failureReason?: string;
  history: Step[];
}
export interface Step {
  status: string;
  at: string;
}
export interface Payment {
  paymentId: string;
  captures: number;
  history: Step[];
}
export interface Mail {
  id: string;
  type: string;
  subject: string;
  sentAt: string;
}

export type Customer = Awaited<ReturnType<typeof signUpCustomer>>;

/** A new customer, logged in, who knows the platform by its public routes only. */
export const signUpCustomer = async (base: string) => {
  const email = `demo-${randomBytes(4).toString('hex')}@example.com`;
  const password = randomBytes(12).toString('base64url');
  await request(base, 'POST', '/auth/signup', { body: { email, password } });
  const login = await request<{ accessToken: string }>(base, 'POST', '/auth/login', {
    body: { email, password },
  });
  const [product] = await request<{ sku: string; price: { currency: string } }[]>(
    base,
    'GET',
    '/orders/catalog',
    {},
  );
  if (!product) throw new Error('the catalog is empty');
  const authorization = `Bearer ${login.accessToken}`;
  const get = <T>(path: string) => request<T>(base, 'GET', path, { headers: { authorization } });

  return {
    email,
    place: (paymentToken: string, idempotencyKey: string = randomUUID()) =>
      request<{ id: string }>(base, 'POST', '/orders/', {
        headers: { authorization, 'idempotency-key': idempotencyKey },
        body: { items: [{ sku: product.sku, quantity: 1 }], currency: product.price.currency, paymentToken },
      }),
    order: (id: string) => get<Order>(`/orders/${id}`),
    payment: (orderId: string) => get<Payment>(`/payments/status?orderId=${orderId}`),
    mails: async () => (await get<{ items: Mail[] }>('/notifications/?limit=100')).items,
    /** The mails once `count` order mails are there, or what there is after five seconds. */
    async mailsOnceThereAre(count: number): Promise<Mail[]> {
      const deadline = Date.now() + 5000;
      for (;;) {
        const mails = await this.mails();
        if (mails.filter(({ type }) => type.startsWith('order-')).length >= count || Date.now() > deadline)
          return mails;
        await sleep(50);
      }
    },
  };
};

const request = async <T>(
  base: string,
  method: string,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: unknown },
): Promise<T> => {
  const response = await fetch(`${base}${path}`, {
    method,
    headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause) => {
    throw new Error(
      `nothing answers at ${base}: start the platform with npm start, or name its port in KAGARI_PORT`,
      { cause },
    );
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return text === '' ? (undefined as T) : (JSON.parse(text) as T);
};
