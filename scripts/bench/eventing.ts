// Measures the event log and the broker over it: the embedded one on a Postgres of its own with its durable settings,
// or, where KAFKA_BROKERS names some, that Kafka (with topics of the bench left behind).
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { functionDatabases } from '../../db/functions.ts';
import { migrate } from '../../db/migrate.ts';
import { startPostgres } from '../../db/postgres/launcher.ts';
import { createBroker } from '../../eventing/broker/broker.ts';
import { openLog } from '../../eventing/log/open.ts';
import type { EventLog } from '../../eventing/log/port.ts';

const value = Buffer.alloc(512, 'x');
const partitions = 10;

const table: Record<string, Record<string, string>> = {};
const ratesOf = (what: string, many: number, ms: number) => {
  table[what] = { 'per second': Math.round((many / ms) * 1_000).toLocaleString('en') };
};
const latenciesOf = (what: string, ms: number[]) => {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (part: number) => `${(sorted[Math.floor(sorted.length * part)] ?? Number.NaN).toFixed(1)} ms`;
  table[what] = { p50: at(0.5), p99: at(0.99) };
};
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};
const repeated = (many: number, concurrency: number, work: (n: number) => Promise<unknown>) => {
  let n = 0;
  return Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (n < many) await work(n++);
    }),
  );
};

const appendRates = async (log: EventLog) => {
  await log.createTopic('appends', { partitions });
  const append = (n: number, records = 1) =>
    log.append(
      'appends',
      Array.from({ length: records }, (_, i) => ({ key: `k${n + i}`, value })),
    );
  await repeated(500, 8, (n) => append(n));
  const one: number[] = [];
  ratesOf(
    'append, one at a time',
    1_000,
    await timed(() => repeated(1_000, 1, async (n) => one.push(await timed(() => append(n))))),
  );
  latenciesOf('append, one at a time: latency', one);
  ratesOf('append, 64 at once', 20_000, await timed(() => repeated(20_000, 64, (n) => append(n))));
  ratesOf('append, batches of 500', 50_000, await timed(() => repeated(100, 1, (n) => append(n, 500))));
  const all = (await log.offsets('appends')).reduce((sum, { end }) => sum + Number(end), 0);
  let got = 0;
  const consumer = await log.subscribe({
    topic: 'appends',
    group: 'catch-up',
    from: 'earliest',
    maxInFlight: 100,
    handle: async () => void got++,
  });
  ratesOf(
    'catch up from the start',
    all,
    await timed(async () => {
      while (got < all) await sleep(2);
    }),
  );
  await consumer.close();
};

const logLatency = async (log: EventLog) => {
  await log.createTopic('latency', { partitions });
  const began = new Map<string, number>();
  const ms: number[] = [];
  const consumer = await log.subscribe({
    topic: 'latency',
    group: 'latency',
    handle: async ({ key }) => void ms.push(performance.now() - (began.get(key ?? '') ?? 0)),
  });
  for (let n = 0; n < 500; n++) {
    began.set(`k${n}`, performance.now());
    await log.append('latency', [{ key: `k${n}`, value }]);
    await sleep(4);
  }
  latenciesOf('append → handler, log alone', ms.slice(50));
  await consumer.close();
};

const listen = async (server: ReturnType<typeof createServer>) => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const brokerFigures = async (log: EventLog) => {
  const broker = createBroker({ log });
  await broker.addBroker({ namespace: 'bench', name: 'default', partitions });
  const handled = new Map<string, number>();
  const subscriber = createServer((req, res) => {
    req.resume().on('end', () => {
      handled.set(String(req.headers['ce-id']), performance.now());
      res.writeHead(204).end();
    });
  });
  const ingress = createServer(async (req, res) => {
    const answer = await broker.accept({
      namespace: 'bench',
      broker: 'default',
      method: req.method ?? '',
      headers: req.headers,
      body: req,
    });
    res.writeHead(answer.status, answer.headers).end();
  });
  const [sink, url] = await Promise.all([listen(subscriber), listen(ingress)]);
  // As in the platform: most triggers do not want an event.
  for (let i = 0; i < 7; i++)
    await broker.addTrigger({
      namespace: 'bench',
      name: `other-${i}`,
      broker: 'default',
      subscriber: sink,
      filter: { attributes: { type: `other-${i}` } },
    });
  await broker.addTrigger({
    namespace: 'bench',
    name: 't',
    broker: 'default',
    subscriber: sink,
    filter: { attributes: { type: 'test' } },
  });

  const agent = new Agent({ keepAlive: true });
  const publish = (id: string) =>
    new Promise<number>((resolve, reject) => {
      const headers = {
        'ce-specversion': '1.0',
        'ce-id': id,
        'ce-source': '/bench',
        'ce-type': 'test',
        'ce-partitionkey': id,
        'content-type': 'application/json',
        'content-length': value.byteLength,
      };
      const began = performance.now();
      request(url, { method: 'POST', agent, headers }, (res) => {
        if (res.statusCode !== 202) reject(new Error(`the ingress answered ${res.statusCode}`));
        res.resume().on('end', () => resolve(began));
      })
        .on('error', reject)
        .end(value);
    });
  const run = async (name: string, many: number, concurrency: number, pauseMs: number) => {
    const began = new Map<string, number>();
    const accepted: number[] = [];
    const ms = await timed(async () => {
      await repeated(many, concurrency, async (n) => {
        const start = await publish(`${name}-${n}`);
        accepted.push(performance.now() - start);
        began.set(`${name}-${n}`, start);
        if (pauseMs > 0) await sleep(pauseMs);
      });
      while ([...began.keys()].some((id) => !handled.has(id))) await sleep(1);
    });
    return {
      ms,
      accepted,
      latencies: [...began].map(([id, start]) => (handled.get(id) ?? Number.NaN) - start),
    };
  };

  await run('warm', 300, 8, 0);
  const calm = await run('calm', 500, 1, 5);
  latenciesOf('publish → 202', calm.accepted);
  latenciesOf('publish → handler, broker and trigger of 8', calm.latencies);
  const busy = await run('busy', 5_000, 64, 0);
  latenciesOf('publish → handler, 64 at once', busy.latencies);
  ratesOf('publish → handler, 64 at once: throughput', 5_000, busy.ms);
  await broker.close({ graceMs: 1_000 });
  agent.destroy();
  for (const server of [subscriber, ingress]) server.close();
};

const home = await mkdtemp(join(tmpdir(), 'kagari-bench-'));
await chmod(home, 0o755);
const server = await startPostgres({
  home,
  log: { info: () => {}, warn: (_, message) => console.warn(message) },
});
try {
  const url = server.adminUrl();
  await migrate(url, { passwords: Object.fromEntries(functionDatabases.map((fn) => [fn, 'of-a-bench'])) });
  const kafkaBrokers = process.env.KAFKA_BROKERS?.split(',');
  const log = await openLog({ databaseUrl: url, kafkaBrokers, clientId: 'bench' });
  await appendRates(log);
  await logLatency(log);
  await brokerFigures(log);
  await log.close();
} finally {
  await server.stop();
  await rm(home, { recursive: true, force: true });
}
console.log(
  `512 bytes a record, ${partitions} partitions, Node ${process.version}, ${availableParallelism()} cores`,
);
console.table(table);
