import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, expectAnswer } from './client.ts';
import type { Ledger } from './ledger.ts';
import { pickFrom, type Random } from './seeded.ts';

const tokens = [
  'tok_ok',
  'tok_ok',
  'tok_ok',
  'tok_declined',
  'tok_late',
  'tok_duplicate',
  'tok_silent',
] as const;
/** Before an access token ends. */
const ordersOfOne = 40;

export interface Running {
  base: string;
  ledger: Ledger;
  random: Random;
  goesOn: () => boolean;
}

/** Signs up, orders, cancels, and is somebody else after a while. */
export const shop = async (running: Running): Promise<void> => {
  const { ledger, random, goesOn } = running;
  while (goesOn()) {
    const token = await signUp(running);
    for (let n = 0; n < ordersOfOne && goesOn(); n++) {
      const order = await place(running, token);
      await sleep(random() * 400);
      if (random() < 0.2) await cancel(running, token, order);
      await sleep(random() * 200);
    }
  }
  ledger.heard();
};

const signUp = async ({ base, ledger }: Running): Promise<string> => {
  const account = { email: `crash-${randomBytes(6).toString('hex')}@example.com`, password: randomUUID() };
  // 409: an earlier attempt, whose answer was lost.
  const answer = await expectAnswer([201, 409], base, 'POST', '/auth/signup', { body: account });
  const { body } = await expectAnswer([200], base, 'POST', '/auth/login', { body: account });
  ledger.acknowledged(answer.body.userId ?? subjectOf(body.accessToken), ledger.users);
  return body.accessToken;
};

const subjectOf = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sub;

const place = async ({ base, ledger, random }: Running, token: string) => {
  const paymentToken = pickFrom(random, tokens);
  const { body } = await expectAnswer([201], base, 'POST', '/orders/', {
    token,
    key: randomUUID(),
    body: { items: [{ sku: 'tea-sencha', quantity: 1 }], currency: 'EUR', paymentToken },
  });
  return ledger.acknowledged({ id: body.id as string, token: paymentToken, cancelled: false }, ledger.orders);
};

const cancel = async (
  { base, ledger }: Running,
  token: string,
  order: { id: string; cancelled: boolean },
) => {
  const { status } = await expectAnswer([202, 409], base, 'POST', `/orders/${order.id}/cancel`, { token });
  // 409: it has failed meanwhile, or an attempt whose answer was lost has cancelled it.
  const known = status === 202 ? undefined : await ask(base, 'GET', `/orders/${order.id}`, { token });
  order.cancelled = status === 202 || known?.body.status === 'cancelled';
  ledger.heard();
};
