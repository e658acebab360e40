import { v7 as uuidv7 } from 'uuid';
import { expect, vi } from 'vitest';
import type { CloudEvent } from '../../eventing/contracts/cloud-event.ts';
import { orderPaid } from '../../eventing/contracts/order.ts';
import { userSignedUp } from '../../eventing/contracts/user.ts';
import { createPostgresLog } from '../../eventing/log/postgres.ts';
import { kafkaEvent } from '../../functions/consumer/record-place.ts';
import { someUser } from '../../functions/kit/testing.ts';
import type { World } from '../routes/world.ts';
import type { Tokens } from './request.ts';
import { type Memory, shapeOf } from './seen.ts';

export type Seeds = Awaited<ReturnType<typeof placeSeeds>>;

export const stranger = '01890a5d-ac96-774b-bcce-b302099a8058';
const topic = 'messages';
const sku = 'tea-sencha';
/** Each fails at two functions. */
const wrongEvents = 10;

/** Something of every kind, so that there is what operations ask for; the memory keeps the names of it. */
export const placeSeeds = async (world: World, tokens: Tokens, memory: Memory) => {
  const { owner, operator } = tokens;
  const ask = createAsking(world);
  const order = async (paymentToken: string): Promise<string> => {
    const json = newOrder(paymentToken);
    const { id } = await ask('orders', '/', { token: owner, json, headers: { 'idempotency-key': uuidv7() } });
    return id;
  };
  const charge = async (): Promise<string> => {
    const json = { paymentId: uuidv7(), amount: 100, currency: 'EUR', token: 'tok_ok' };
    return (await ask('bank', '/charges', { json })).paymentId;
  };
  const logIn = () => ask('auth', '/login', { json: account });

  const account = newAccount();
  await ask('auth', '/signup', { json: account });
  for (const userId of [someUser, stranger])
    world.broker.publish(eventOf(userSignedUp.type, { userId, email: `${userId}@fuzz.example` }, userId));

  const paid = await order('tok_ok');
  const failed = await order('tok_declined');
  const { paymentId } = await vi.waitFor(() => ask('payments', `/status?orderId=${paid}`, { token: owner }), {
    timeout: 20_000,
  });

  for (let n = 0; n < wrongEvents; n++) world.broker.publish(eventOf(orderPaid.type, { n }));
  world.broker.publish({
    ...eventOf(kafkaEvent, {}),
    id: 'partition:0/offset:0',
    source: `/apis/v1/namespaces/kagari/kafkasources/consumer#${topic}`,
  });

  const log = createPostgresLog({ url: world.adminUrl });
  await log.createTopic(topic, { partitions: 2 });
  await log.append(topic, [{ key: 'a', value: Buffer.from('no JSON') }]);
  await log.close();
  await ask('producer', '/produce', { token: operator, json: { topic, key: 'b', value: { n: 1 } } });

  const letters = await vi.waitFor(
    async () => {
      const mails = await ask('notifications', '/', { token: owner });
      expect(mails.items.map(({ type }: { type: string }) => type).sort()).toEqual([
        'order-failed',
        'order-paid',
        'welcome',
      ]);
      const { items } = await ask('deadletters', '/?limit=100', { token: operator });
      expect(items).toHaveLength(2 * wrongEvents);
      expect(world.broker.idle()).toBe(true);
      return items.map(({ id }: { id: string }) => id) as string[];
    },
    { timeout: 20_000 },
  );

  memory.seed('orderId', paid, failed);
  memory.seed('paymentId', paymentId);
  memory.seed('subject', paid, paymentId, someUser);
  memory.seed('paymentToken', 'tok_ok', 'tok_declined', 'tok_duplicate');
  memory.seed('sku', sku);
  memory.seed('currency', 'EUR');
  memory.seed('topic', topic);
  memory.seed('deadletterId', ...letters);
  memory.seed(shapeOf(account), account);

  return {
    orderId: paid,
    paymentId,
    topic,
    account,
    order,
    charge,
    logIn,
    /** One that nobody has decided on; another each time. */
    deadLetter: () => letters.pop(),
  };
};

export const newAccount = () => ({ email: `${uuidv7()}@fuzz.example`, password: 'a long enough word' });

export const newOrder = (paymentToken: string) => ({
  items: [{ sku, quantity: 1 }],
  currency: 'EUR',
  paymentToken,
});

const eventOf = (type: string, data: object, subject = 'seed'): CloudEvent => ({
  specversion: '1.0',
  id: uuidv7(),
  source: seedSource,
  type,
  subject,
  time: new Date().toISOString(),
  datacontenttype: 'application/json',
  data,
});

/** Where the events come from that nobody can take. */
export const seedSource = '/seeds';

interface Asking {
  token?: string | undefined;
  /** With it the request is a POST. */
  json?: unknown;
  headers?: Record<string, string>;
}

/** What a function answers at its own door. Throws unless it is 2xx. */
const createAsking =
  (world: World) =>
  // biome-ignore lint/suspicious/noExplicitAny: the fuzzer's oracle asserts what is in it
  async (fn: string, path: string, { token, json, headers }: Asking): Promise<any> => {
    const response = await fetch(`${world.urls[fn]}${path}`, {
      method: json === undefined ? 'GET' : 'POST',
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${fn} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  };
