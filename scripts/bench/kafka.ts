// The event log on Kafka beside bare kafkajs and the embedded log: the same appends, in turns, on brokers and a Postgres of
// its own. Then the newest messages of a large topic. node scripts/bench/kafka.ts [--brokers 3] [--rounds 15]
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { functionDatabases } from '../../db/functions.ts';
import { migrate } from '../../db/migrate.ts';
import { startPostgres } from '../../db/postgres/launcher.ts';
import { createKafkaLog } from '../../eventing/log/kafka.ts';
import type { EventLog } from '../../eventing/log/port.ts';
import { createPostgresLog } from '../../eventing/log/postgres.ts';
import { listMessages } from '../../functions/api/list-messages.ts';
import { startKafka } from '../../test/kafka/support/kafka.ts';

const { values } = parseArgs({
  options: {
    brokers: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '15' },
    messages: { type: 'string', default: '1000000' },
  },
});
const rounds = Number(values.rounds);
const value = Buffer.alloc(512, 'x');
const partitions = 10;

interface Subject {
  name: string;
  append(keys: string[]): Promise<unknown>;
}
/** One turn of each kind of work: records a second, or milliseconds an append. */
interface Turn {
  batches: number;
  many: number;
  oneMs: number;
}

const median = (all: number[]) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};
const keysOf = (n: number, many: number) => Array.from({ length: many }, (_, i) => `k${n + i}`);

const takeTurn = async ({ append }: Subject): Promise<Turn> => {
  const batches = await timed(async () => {
    for (let n = 0; n < 20; n++) await append(keysOf(n * 500, 500));
  });
  const many = await timed(async () => {
    let n = 0;
    await Promise.all(
      Array.from({ length: 64 }, async () => {
        while (n < 1_000) await append([`k${n++}`]);
      }),
    );
  });
  const ms: number[] = [];
  for (let n = 0; n < 100; n++) ms.push(await timed(() => append([`k${n}`])));
  return { batches: 10_000 / (batches / 1_000), many: 1_000 / (many / 1_000), oneMs: median(ms) };
};

const eventLog = (name: string, log: EventLog): Subject => ({
  name,
  append: (keys) =>
    log.append(
      'appends',
      keys.map((key) => ({ key, value })),
    ),
});

const bareKafkajs = async (brokers: string[]) => {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const subject: Subject = {
    name: 'bare kafkajs',
    append: (keys) =>
      producer.send({ topic: 'appends', acks: -1, messages: keys.map((key) => ({ key, value })) }),
  };
  return { subject, close: () => producer.disconnect() };
};

const compare = async (subjects: Subject[]): Promise<void> => {
  const turns = new Map(subjects.map(({ name }) => [name, [] as Turn[]]));
  for (const subject of subjects) await takeTurn(subject);
  for (let round = 0; round < rounds; round++)
    for (const subject of round % 2 ? subjects : subjects.toReversed())
      turns.get(subject.name)?.push(await takeTurn(subject));
  const bare = turns.get('bare kafkajs') ?? [];
  console.table(
    Object.fromEntries(
      [...turns].map(([name, its]) => {
        const of = (field: keyof Turn) => its.map((turn) => turn[field]);
        const beside = (field: keyof Turn) =>
          median(its.map((turn, i) => turn[field] / (bare[i]?.[field] ?? Number.NaN))).toFixed(2);
        return [
          name,
          {
            'batches of 500, records/s': Math.round(median(of('batches'))),
            '× bare': beside('batches'),
            '64 at once, records/s': Math.round(median(of('many'))),
            '× bare ': beside('many'),
            'one at a time, p50 ms': Number(median(of('oneMs')).toFixed(2)),
            'ms over bare': Number(
              median(its.map((turn, i) => turn.oneMs - (bare[i]?.oneMs ?? Number.NaN))).toFixed(2),
            ),
          },
        ];
      }),
    ),
  );
};

const newestOfMany = async (log: EventLog, many: number): Promise<void> => {
  const topic = 'many';
  await log.createTopic(topic, { partitions: 12 });
  const message = Buffer.from(JSON.stringify({ text: 'x'.repeat(200) }));
  let n = 0;
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (; n < many; )
        await log.append(
          topic,
          Array.from({ length: 1_000 }, () => ({ key: `k${n++}`, value: message })),
        );
    }),
  );
  const ends = (await log.offsets(topic)).map(({ end }) => end);
  let sent = 0;
  const counting: Pick<EventLog, 'offsets' | 'read'> = {
    offsets: log.offsets,
    read: (of, partition, from, limit) => {
      // A broker sends what comes behind, too, up to a MiB.
      sent += Number((ends[partition] ?? from) - from);
      return log.read(of, partition, from, limit);
    },
  };
  const ms: number[] = [];
  let most = 0;
  for (let i = 0; i < 200; i++) {
    sent = 0;
    ms.push(await timed(() => listMessages(counting, { topic, limit: 100 })));
    most = Math.max(most, sent);
  }
  const sorted = ms.slice(10).toSorted((a, b) => a - b);
  console.log(
    `newest 100 of ${n} messages in 12 partitions: p50 ${median(sorted).toFixed(1)} ms, ` +
      `p99 ${sorted[Math.floor(sorted.length * 0.99)]?.toFixed(1)} ms, at most ${most} records read`,
  );
};

const home = await mkdtemp(join(tmpdir(), 'kagari-bench-'));
await chmod(home, 0o755);
const server = await startPostgres({ home, log: { info: () => {}, warn: console.warn } });
const kafka = await startKafka(values.brokers === '3' ? 3 : 1);
try {
  const url = server.adminUrl();
  await migrate(url, { passwords: Object.fromEntries(functionDatabases.map((fn) => [fn, 'of-a-bench'])) });
  const embedded = createPostgresLog({ url });
  const log = createKafkaLog({ brokers: kafka.brokers });
  for (const each of [embedded, log]) await each.createTopic('appends', { partitions });
  const bare = await bareKafkajs(kafka.brokers);
  console.log(
    `512 bytes a record, ${partitions} partitions, ${values.brokers} brokers, ${rounds} rounds in turns`,
  );
  await compare([
    eventLog('event log on Kafka', log),
    bare.subject,
    eventLog('embedded event log', embedded),
  ]);
  await newestOfMany(log, Number(values.messages));
  await bare.close();
  for (const each of [embedded, log]) await each.close();
} finally {
  await kafka.end();
  await server.stop();
  await rm(home, { recursive: true, force: true });
}
