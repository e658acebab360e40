import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKafkaLog } from '../../eventing/log/kafka.ts';
import { LogError } from '../../eventing/log/port.ts';
import { waitUntil } from '../support/platform.ts';
import { type Kafka, startKafka } from './support/kafka.ts';

const patienceMs = 120_000;
const megabyte = 1 << 20;
let kafka: Kafka;
let member: ChildProcess | undefined;
beforeAll(async () => {
  kafka = await startKafka(1);
});
afterAll(async () => {
  if (member?.exitCode === null && member.signalCode === null) {
    const gone = once(member, 'exit');
    member.kill('SIGKILL');
    await gone;
  }
  await kafka?.end();
});

test('a consumer that holds keeps its memory while the log fills, and goes on with all of it', async () => {
  const log = createKafkaLog({ brokers: kafka.brokers });
  const topic = 'filling';
  await log.createTopic(topic, { partitions: 12 });
  await log.startGroup(topic, 'holding', 'earliest');
  const script = fileURLToPath(new URL('./support/holding-member.ts', import.meta.url));
  const what = JSON.stringify({ brokers: kafka.brokers, topic, group: 'holding' });
  member = spawn(process.execPath, [script, what], { stdio: ['pipe', 'pipe', 'inherit'], env: {} });
  let now = { inHand: 0, mostInHand: 0, handled: 0, rss: 0 };
  createInterface({ input: member.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    now = JSON.parse(line);
  });
  await waitUntil('the consumer', patienceMs, () => now.rss > 0);
  const before = now.rss;

  const value = Buffer.alloc(16 << 10, 'x');
  const records = 16_000;
  const batch = Array.from({ length: 200 }, (_, i) => ({ key: `k${i}`, value }));
  let highest = 0;
  for (let n = 0; n < records; n += batch.length) {
    await log.append(topic, batch);
    highest = Math.max(highest, now.rss);
  }
  await waitUntil('handlers in all partitions', patienceMs, () => now.inHand === 120);
  highest = Math.max(highest, now.rss);
  // Ten a partition in hand, and eight megabytes read ahead of 250 in the log.
  expect(now.mostInHand).toBe(120);
  expect(now.handled).toBe(0);
  expect((highest - before) / megabyte).toBeLessThan(100);

  member.stdin?.write('release\n');
  await waitUntil('all records', patienceMs, () => now.handled >= records);
  highest = Math.max(highest, now.rss);
  expect(now.mostInHand).toBe(120);
  expect((highest - before) / megabyte).toBeLessThan(160);
  await log.close();
});

test('appends beyond 64 MiB that wait for a broker are refused at once, and memory with them', async () => {
  const log = createKafkaLog({ brokers: kafka.brokers, appendMs: 60_000 });
  await log.createTopic('stuck', { partitions: 4 });
  await log.append('stuck', [{ value: Buffer.from('x') }]);
  kafka.freeze(1);
  const value = Buffer.alloc(1_000_000);
  const outcomes = Array.from({ length: 100 }, () => {
    const began = performance.now();
    return log.append('stuck', [{ value }]).then(
      () => undefined,
      (error: LogError) => ({ error, ms: performance.now() - began }),
    );
  });
  const first = await Promise.race(outcomes);
  expect(first?.error).toMatchObject({ code: 'unavailable', retriable: true });
  expect(first?.ms).toBeLessThan(1_000);
  kafka.thaw(1);
  const refused = (await Promise.all(outcomes)).filter((outcome) => outcome !== undefined);
  expect(refused.every(({ error }) => error instanceof LogError && error.retriable)).toBe(true);
  // 67 of them fit; the others were refused.
  expect(refused.length).toBeGreaterThanOrEqual(33);
  expect(refused.length).toBeLessThan(100);
  await log.close();
});
