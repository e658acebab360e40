import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKafkaLog } from '../../eventing/log/kafka.ts';
import { type Logger, silent } from '../../eventing/log/logger.ts';
import type { EventLog } from '../../eventing/log/port.ts';
import { waitUntil } from '../support/platform.ts';
import { appendSteadily } from '../support/steady-appends.ts';
import { type Kafka, startKafka } from './support/kafka.ts';

const patienceMs = 60_000;
let kafka: Kafka;
const logs: EventLog[] = [];
const open = (logger: Logger = silent) => {
  const log = createKafkaLog({ brokers: kafka.brokers, sessionMs: 6_000, heartbeatMs: 300, logger });
  logs.push(log);
  return log;
};
const value = (text: string) => ({ key: text, value: Buffer.from(text) });
const answers = (log: EventLog) =>
  log.ping().then(
    () => true,
    () => false,
  );

beforeAll(async () => {
  kafka = await startKafka(1);
});
afterAll(async () => {
  await Promise.all(logs.map((log) => log.close()));
  await kafka?.end();
});

test('the only broker killed and started again: appends say so meanwhile, readers go on, nothing acknowledged is lost', async () => {
  const said: string[] = [];
  const note = (_: object, message: string) => void said.push(message);
  const log = open({ ...silent, info: note, warn: note });
  await log.createTopic('t', { partitions: 4 });
  const handled = new Set<string>();
  for (let i = 0; i < 3; i++)
    await log.subscribe({
      topic: 't',
      group: `g${i}`,
      from: 'earliest',
      handle: async (record) => void handled.add(`${i}:${Buffer.from(record.value)}`),
    });

  const { stored, refused, end } = appendSteadily(log, 't');
  for (let round = 0; round < 2; round++) {
    const before = stored.length;
    await waitUntil('appends to be stored', patienceMs, () => stored.length > before + 100);
    const refusedBefore = refused.length;
    await kafka.kill(1);
    await waitUntil('appends to be refused', patienceMs, () => refused.length > refusedBefore + 10);
    await waitUntil('that to be said', patienceMs, () => said.length === 2 * round + 1);
    await kafka.start(1);
    await waitUntil('its end to be said', patienceMs, () => said.length === 2 * round + 2);
  }
  const before = stored.length;
  await waitUntil('appends after the last start', patienceMs, () => stored.length > before + 100);
  await end();

  expect(new Set(refused.map(({ code, retriable }) => `${code} ${retriable}`))).toEqual(
    new Set(['unavailable true']),
  );
  // Two seconds without a broker are enough to say so; the rest is this machine's.
  expect(Math.max(...refused.map(({ ms }) => ms))).toBeLessThan(8_000);
  await waitUntil('all that was stored', patienceMs, () =>
    [0, 1, 2].every((i) => stored.every((text) => handled.has(`${i}:${text}`))),
  );
  // However many consumers there are.
  expect(said).toEqual(
    [1, 2].flatMap(() => [
      'Kafka does not let consumers read; they keep trying',
      'Kafka lets consumers read again',
    ]),
  );
});

test('a log closes within two seconds while Kafka is away', async () => {
  const log = open();
  await log.createTopic('closing', { partitions: 2 });
  let handled = 0;
  await log.subscribe({ topic: 'closing', group: 'c', handle: async () => void handled++ });
  await log.append('closing', [value('x')]);
  await waitUntil('the record', patienceMs, () => handled === 1);
  await kafka.kill(1);
  const begun = performance.now();
  await log.close();
  expect(performance.now() - begun).toBeLessThan(2_000);
  await kafka.start(1);
});

test('what is asked for while Kafka is away is refused as unavailable, and is done by the same log when it is back', async () => {
  const log = open();
  await log.createTopic('early', { partitions: 1 });
  await kafka.kill(1);
  const fresh = open();
  const away = { name: 'LogError', code: 'unavailable', retriable: true };
  for (const client of [log, fresh]) {
    const subscription = { topic: 'early', group: 'e', handle: async () => {} };
    const asked = [
      client.subscribe(subscription),
      client.append('early', [value('x')]),
      client.read('early', 0, 0n, 1),
      client.createTopic('late', { partitions: 1 }),
      client.ping(),
    ];
    await Promise.all(asked.map((answer) => expect(answer).rejects.toMatchObject(away)));
  }
  await kafka.start(1);
  for (const client of [log, fresh]) {
    await waitUntil('an answer', patienceMs, () => answers(client));
    await client.append('early', [value('x')]);
  }
  expect(await log.read('early', 0, 0n, 10)).toHaveLength(2);
});
