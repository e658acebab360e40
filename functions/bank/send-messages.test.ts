import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { clientOf } from '../../test/flow/support/client.ts';
import { type Received, startReceiver } from '../../test/flow/support/receiver.ts';
import { createWorld, type FlowWorld } from '../../test/flow/support/world.ts';
import { startTestApp, type TestBank, testWebhookSecret } from './testing.ts';

let world: FlowWorld;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  world = await createWorld();
});
afterEach(async () => {
  for (const part of open.splice(0).reverse()) await part.close();
});
afterAll(async () => {
  await world?.close();
});

const start = async (codes: number[], options: TestBank = {}) => {
  const receiver = await startReceiver(...codes);
  open.push(receiver);
  const bank = await startBank({ webhookUrl: receiver.url, ...options });
  return { ...receiver, bank };
};
const startBank = async (options: TestBank) => {
  const bank = await startTestApp(world.of('bank'), options);
  open.push(bank);
  return bank;
};
type Bank = Awaited<ReturnType<typeof startBank>>;

const create = async (bank: Bank, token: string) => {
  const paymentId = uuidv7();
  await clientOf(bank.app)('POST', '/charges', { body: { paymentId, amount: 100, currency: 'EUR', token } });
  return paymentId;
};
const about = (received: Received[], paymentId: string) =>
  received.filter(({ body }) => body.includes(paymentId));
const states = async (bank: Bank, paymentId: string) =>
  (await bank.database.sql`select state, attempts from bank.webhooks where payment_id = ${paymentId}`).map(
    ({ state, attempts }) => ({ state, attempts }),
  );

describe('a webhook', () => {
  test('is signed, goes out right after the charge, and once', async () => {
    const { bank, received } = await start([204]);
    const paymentId = await create(bank, 'tok_declined');
    await expect.poll(() => states(bank, paymentId)).toEqual([{ state: 'delivered', attempts: 1 }]);
    const [message, ...more] = about(received, paymentId);
    expect(more).toEqual([]);
    expect(message?.headers['content-type']).toBe('application/json');
    const verified = new Webhook(testWebhookSecret).verify(
      message?.body ?? '',
      message?.headers as Record<string, string>,
    );
    expect(verified).toEqual({
      type: 'charge.failed',
      timestamp: expect.stringMatching(/Z$/),
      data: { paymentId, reason: 'declined' },
    });
  });

  test('of tok_duplicate goes out twice with one id', async () => {
    const { bank, received } = await start([204]);
    const paymentId = await create(bank, 'tok_duplicate');
    await expect.poll(() => about(received, paymentId)).toHaveLength(2);
    const [one, other] = about(received, paymentId);
    expect(one?.headers['webhook-id']).toBe(other?.headers['webhook-id']);
    expect(one?.body).toBe(other?.body);
  });

  test('of tok_late goes out after three seconds, of tok_silent never', async () => {
    const { bank, received } = await start([204]);
    const started = Date.now();
    const silent = await create(bank, 'tok_silent');
    const late = await create(bank, 'tok_late');
    await expect.poll(() => about(received, late)).toHaveLength(1);
    const ms = (received[0]?.at ?? 0) - started;
    expect(ms).toBeGreaterThanOrEqual(3_000);
    expect(ms).toBeLessThan(6_000);
    expect(JSON.parse(received[0]?.body ?? '').type).toBe('charge.captured');
    expect(about(received, silent)).toEqual([]);
  });

  test('that is not taken is sent again, with growing pauses and the same id, until it is', async () => {
    const { bank, received } = await start([500, 401, 404, 204], { firstRetryMs: 50 });
    const paymentId = await create(bank, 'tok_ok');
    await expect
      .poll(() => states(bank, paymentId), { timeout: 5_000 })
      .toEqual([{ state: 'delivered', attempts: 4 }]);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    const pauses = received.slice(1).map(({ at }, i) => at - (received[i]?.at ?? 0));
    for (const [i, least] of [50, 100, 200].entries()) expect(pauses[i]).toBeGreaterThanOrEqual(least - 5);
  });

  test('that is never taken is given up after its last try', async () => {
    const { bank, received } = await start([500], { firstRetryMs: 10, tries: 3 });
    const paymentId = await create(bank, 'tok_ok');
    await expect.poll(() => states(bank, paymentId)).toEqual([{ state: 'abandoned', attempts: 3 }]);
    await sleep(150);
    expect(received).toHaveLength(3);
  });

  test('that nobody answers does not keep others waiting', async () => {
    const { bank, received } = await start([0, 204], { timeoutMs: 4_000 });
    const hanging = await create(bank, 'tok_ok');
    await expect.poll(() => received).toHaveLength(1);
    const next = await create(bank, 'tok_ok');
    await expect.poll(() => states(bank, next)).toEqual([{ state: 'delivered', attempts: 1 }]);
    expect(await states(bank, hanging)).toEqual([{ state: 'pending', attempts: 1 }]);
    await expect.poll(() => states(bank, hanging)).toEqual([{ state: 'delivered', attempts: 2 }]);
  });

  test('on its way when the bank stops is cut off within a second or so and sent by the next process', async () => {
    const { bank, received, url } = await start([0, 204], { timeoutMs: 20_000, firstRetryMs: 100 });
    const paymentId = await create(bank, 'tok_ok');
    await expect.poll(() => received).toHaveLength(1);
    const stopped = Date.now();
    await bank.sender.stop();
    expect(Date.now() - stopped).toBeLessThan(2_000);
    const next = await startBank({ webhookUrl: url });
    await expect.poll(() => states(next, paymentId)).toEqual([{ state: 'delivered', attempts: 2 }]);
  });
});

describe('what a process left that was killed', () => {
  const kill = (bank: Bank, paymentId: string, sqlTime: string) =>
    bank.database.sql.unsafe(
      `update bank.webhooks set state = 'pending', due_at = now() ${sqlTime} where payment_id = '${paymentId}'`,
    );

  test('is sent at the next start, once its lease has ended', async () => {
    const before = await startBank({});
    const paymentId = await create(before, 'tok_ok');
    await before.sender.stop();
    const leased = Date.now() + 500;
    await kill(before, paymentId, `+ interval '500 ms'`);
    const { bank, received } = await start([204]);
    await expect.poll(() => states(bank, paymentId)).toMatchObject([{ state: 'delivered' }]);
    const sent = about(received, paymentId);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.at).toBeGreaterThanOrEqual(leased);
  });

  test('a late charge that is overdue is captured at the next start', async () => {
    const before = await startBank({});
    const paymentId = await create(before, 'tok_late');
    await before.sender.stop();
    await before.database.sql`
      update bank.charges set captures_at = now() - interval '1 min' where payment_id = ${paymentId}`;
    const { bank, received } = await start([204]);
    await expect.poll(() => states(bank, paymentId)).toMatchObject([{ state: 'delivered' }]);
    expect(about(received, paymentId)).toHaveLength(1);
  });

  test('is sent once by several processes that start at once', async () => {
    const before = await startBank({});
    const paymentIds = await Promise.all(Array.from({ length: 30 }, () => create(before, 'tok_ok')));
    await before.sender.stop();
    for (const paymentId of paymentIds) await kill(before, paymentId, '');
    const receiver = await startReceiver(204);
    open.push(receiver);
    const banks = await Promise.all([1, 2, 3].map(() => startBank({ webhookUrl: receiver.url })));
    for (const paymentId of paymentIds)
      await expect.poll(() => states(banks[0] as Bank, paymentId)).toMatchObject([{ state: 'delivered' }]);
    for (const paymentId of paymentIds) expect(about(receiver.received, paymentId)).toHaveLength(1);
  });
});
