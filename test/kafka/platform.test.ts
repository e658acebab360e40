import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKafkaLog } from '../../eventing/log/kafka.ts';
import { type Customer, signUpCustomer } from '../../scripts/demo/customer.ts';
import {
  freePort,
  newHome,
  type Platform,
  removeHome,
  startPlatform,
  waitUntil,
} from '../support/platform.ts';
import { type Kafka, startKafka } from './support/kafka.ts';

const patienceMs = 120_000;
let kafka: Kafka;
let home: string;
let port: number;
let starting: Promise<Platform> | undefined;
let customer: Customer;
let operator: { authorization: string; 'content-type': string };

const start = () => startPlatform({ home, port, env: { KAFKA_BROKERS: kafka.brokers.join() } });
const said = () => readFile(join(home, 'runtime.log'), 'utf8').catch(() => '');
const health = async (fn: string) => {
  const answer = await fetch(`http://localhost:${port}/${fn}/health`).catch(() => undefined);
  return answer && { status: answer.status, text: await answer.text() };
};
const healthy = (fn: string) =>
  waitUntil(`${fn} to be healthy`, patienceMs, async () => (await health(fn))?.status === 200);
const ask = (path: string, body?: object) =>
  fetch(`http://localhost:${port}${path}`, {
    headers: operator,
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
const paid = (id: string) =>
  waitUntil('the order to be paid', patienceMs, async () => (await customer.order(id)).status === 'paid');

beforeAll(async () => {
  kafka = await startKafka(1);
  [home, port] = [await newHome(), await freePort()];
});
afterAll(async () => {
  const platform = await starting?.catch(() => undefined);
  await platform?.end('SIGKILL');
  if (home) await removeHome(home);
  await kafka?.end();
});

test('started before its brokers it says what it waits for, as its functions do, and begins by itself', async () => {
  await kafka.kill(1);
  starting = start();
  // Awaited below.
  starting.catch(() => {});
  await waitUntil('it to say so', 50_000, async () => (await said()).includes('still waiting for Kafka at'));
  for (const fn of ['api', 'producer'])
    await waitUntil(`${fn} to say so`, 50_000, async () => {
      const { status, text } = (await health(fn)) ?? {};
      return status === 503 && /"log":"(not (reachable|available)|no answer)/.test(text ?? '');
    });
  await kafka.start(1);
  const platform = await starting;

  customer = await signUpCustomer(platform.base);
  const { email, password } = JSON.parse(await readFile(join(home, 'operator.json'), 'utf8'));
  const login = await fetch(`${platform.base}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  const { accessToken } = (await login.json()) as { accessToken: string };
  operator = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };
  await paid((await customer.place('tok_ok')).id);
});

test("topics and groups have the names of Knative's Kafka broker", async () => {
  const log = createKafkaLog({ brokers: kafka.brokers });
  expect(await log.topics()).toEqual([
    { name: 'knative-broker-kagari-default', partitions: 10 },
    { name: 'messages', partitions: 12 },
  ]);
  const groups = await log.groups();
  expect(groups).toContain('knative-trigger-kagari-payments-order-placed');
  expect(groups.filter((group) => !/^knative-trigger-kagari-[a-z-]+$/.test(group))).toEqual([
    'kagari-consumer',
  ]);
  await log.close();
});

test('another platform on the same Kafka is refused, and this one goes on', async () => {
  const second = await newHome();
  try {
    const env = { KAFKA_BROKERS: kafka.brokers.join() };
    await expect(startPlatform({ home: second, env })).rejects.toThrow(
      /error: KAFKA_BROKERS names a Kafka whose events another platform delivers \(client "kagari-[0-9a-f-]{36}" at /,
    );
  } finally {
    await removeHome(second);
  }
  await paid((await customer.place('tok_ok')).id);
});

test('killed and started again at once it is no other platform to itself', async () => {
  await (await starting)?.end('SIGKILL');
  starting = start();
  await starting;
  expect(await said()).not.toContain('another platform');
  await paid((await customer.place('tok_ok')).id);
});

test.each([
  [202, '/producer/produce', { topic: 'messages', value: 1 }],
  [403, '/producer/produce', { topic: 'knative-broker-kagari-default', value: 1 }],
  [404, '/producer/produce', { topic: 'no-such-topic', value: 1 }],
  [422, '/producer/produce', { topic: 'a/b', value: 1 }],
  // Within the body's limit, and longer when it is written out.
  [413, '/producer/produce', { topic: 'messages', value: 'long' }],
  [404, '/api/messages?topic=no-such-topic', undefined],
  [422, '/api/messages?topic=', undefined],
  [422, '/api/messages?topic=a/b', undefined],
  [422, '/api/messages?topic=messages&limit=1001', undefined],
  [200, '/api/messages?topic=messages&limit=1000', undefined],
])('%i: %s %j', async (status, path, body) => {
  const numbers = `{"topic":"messages","value":[${Array.from({ length: 150_000 }, () => '1e20').join(',')}]}`;
  const answer =
    body?.value === 'long'
      ? await fetch(`http://localhost:${port}${path}`, { method: 'POST', headers: operator, body: numbers })
      : await ask(path, body);
  expect(answer.status).toBe(status);
});

test('while the brokers are away orders are taken, messages are not, and afterwards all goes on by itself', async () => {
  await kafka.kill(1);
  const orders = await Promise.all([customer.place('tok_ok'), customer.place('tok_ok')]);
  for (const answer of await Promise.all([
    ask('/producer/produce', { topic: 'messages', value: 1 }),
    ask('/api/messages?topic=messages'),
  ]))
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  expect((await customer.order(orders[0].id)).status).toBe('pending');
  await waitUntil('api to say so', patienceMs, async () => (await health('api'))?.status === 503);

  await kafka.start(1);
  await Promise.all([healthy('api'), healthy('producer')]);
  for (const { id } of orders) {
    await paid(id);
    expect((await customer.payment(id)).captures).toBe(1);
  }
  const answer = await ask('/producer/produce', { topic: 'messages', key: 'k', value: 'after' });
  expect(answer.status).toBe(202);
  const place = (await answer.json()) as { partition: number; offset: string };
  await waitUntil('it to be counted', patienceMs, async () => {
    const { topics } = (await (await ask('/consumer/consumed')).json()) as {
      topics: Record<string, Record<string, { lastOffset: string }>>;
    };
    return topics.messages?.[place.partition]?.lastOffset === place.offset;
  });
});

test('it ends within five seconds, Kafka or not', async () => {
  await kafka.kill(1);
  await waitUntil('api to say so', patienceMs, async () => (await health('api'))?.status === 503);
  const end = await (await starting)?.end('SIGTERM');
  expect(end).toMatchObject({ code: 0 });
  expect(end?.ms).toBeLessThan(5_000);
});
