#!/usr/bin/env node
// Orders on the running platform, everything warm: placed → paid → mail at an even pace, and how many it bears.
// node scripts/bench/orders.ts [--seconds 30] [--rates 20,40,60,80] [--customers 20]
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { processEnvironments } from '../../knative/local/serving/pods/process-identity.ts';
import { databaseOf, removeHome, startPlatform } from '../../test/support/platform.ts';
import { cpuSecondsOf } from './cpu-time.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    rates: { type: 'string', default: '20,40,60,80' },
    customers: { type: 'string', default: '20' },
  },
});
const seconds = Number(values.seconds);
/** A pace is borne where what was left at its end is done this soon after it. */
const tailMs = 2_000;
/** How often the database is asked what has become of the orders: the times are right to that. */
const lookMs = 5;
/** Of many that wait one look costs much: it may take this share of the time, or the bench itself is the load. */
const lookShare = 0.1;

const platform = await startPlatform({ directPort: 0 });
const sql = postgres(await databaseOf(platform.home), { max: 1, idle_timeout: 0, onnotice: () => {} });
const [{ watching } = { watching: 0 }] = await sql<
  { watching: number }[]
>`select pg_backend_pid() as watching`;
const agent = new Agent({ keepAlive: true });

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  new Promise<{ status: number; body: { id: string; accessToken: string } }>((resolve, reject) => {
    const text = JSON.stringify(body);
    const length = String(Buffer.byteLength(text));
    const sent = request(
      { host: '127.0.0.1', port: platform.port, method: 'POST', path, agent },
      async (answer) => {
        let got = '';
        for await (const chunk of answer.setEncoding('utf8')) got += chunk;
        resolve({ status: answer.statusCode ?? 0, body: JSON.parse(got || '{}') });
      },
    );
    for (const [name, value] of Object.entries({
      'content-type': 'application/json',
      'content-length': length,
      ...headers,
    }))
      sent.setHeader(name, value);
    sent.on('error', reject);
    sent.end(text);
  });

const signUp = async (): Promise<string> => {
  const account = { email: `bench-${randomUUID()}@example.com`, password: randomUUID() };
  await post('/auth/signup', account);
  return (await post('/auth/login', account)).body.accessToken;
};

interface Placed {
  began: number;
  answered: number;
  paid?: number;
  mailed?: number;
}

/** What has been placed and what has become of it: found by asking the database for news all the time. */
const createWatch = () => {
  const orders = new Map<string, Placed>();
  let open = 0;
  let stopped = false;
  const look = async () => {
    const waiting = [...orders].filter(([, order]) => order.mailed === undefined).map(([id]) => id);
    if (waiting.length === 0) return;
    const ids = `{${waiting.join(',')}}`;
    const news = await sql<{ id: string; mailed: boolean }[]>`
      select o.id, m.about is not null as mailed from orders.orders o
      left join notifications.mails m on m.about = o.id and m.type = 'order-paid'
      where o.id = any(${ids}::text::uuid[]) and o.status = 'paid'`;
    const now = performance.now();
    for (const { id, mailed } of news) {
      const order = orders.get(id);
      if (!order) continue;
      order.paid ??= now;
      if (mailed) order.mailed = now;
    }
  };
  const loop = (async () => {
    while (!stopped) {
      const began = performance.now();
      await look();
      await sleep(Math.max(lookMs, (performance.now() - began) / lookShare));
    }
  })();
  return {
    orders,
    begun: () => open++,
    placed(id: string, order: Placed) {
      orders.set(id, order);
      open--;
    },
    failed: () => open--,
    left: () => open + [...orders.values()].filter(({ mailed }) => mailed === undefined).length,
    async stop() {
      stopped = true;
      await loop;
    },
  };
};

/** CPU-seconds so far, by what it was for: the functions by name, the runtime, the database. */
const cpuNow = async (): Promise<Map<string, number>> => {
  const used = new Map<string, number>();
  const add = async (name: string, pid: number) =>
    used.set(name, (used.get(name) ?? 0) + (await cpuSecondsOf(pid).catch(() => 0)));
  await add('runtime', platform.process.pid ?? 0);
  const server = await platform.postgresPid();
  for (const [pid, environment] of await processEnvironments()) {
    const service = environment.find((line) => line.startsWith('K_SERVICE='))?.slice(10);
    if (service && environment.some((line) => line.includes(platform.home))) await add(service, pid);
    const parent = Number(
      (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')).split(') ')[1]?.split(' ')[1],
    );
    // But for what this bench itself asks.
    if (pid === server || (parent === server && pid !== watching)) await add('postgres', pid);
  }
  return used;
};

const tokens = await Promise.all(Array.from({ length: Number(values.customers) }, signUp));
let next = 0;
const body = {
  items: [{ sku: 'tea-sencha', quantity: 1 }],
  currency: 'EUR',
  paymentToken: 'tok_ok',
};

const run = async (perSecond: number, forSeconds: number) => {
  const watch = createWatch();
  let failures = 0;
  const place = async () => {
    const began = performance.now();
    watch.begun();
    const headers = {
      authorization: `Bearer ${tokens[next++ % tokens.length]}`,
      'idempotency-key': randomUUID(),
    };
    const answer = await post('/orders/', body, headers).catch(() => undefined);
    if (answer?.status === 201) watch.placed(answer.body.id, { began, answered: performance.now() });
    else {
      failures++;
      watch.failed();
    }
  };
  const before = await cpuNow();
  const start = performance.now();
  let sent = 0;
  while (performance.now() - start < forSeconds * 1000) {
    while (sent < ((performance.now() - start) / 1000) * perSecond) {
      sent++;
      void place();
    }
    await sleep(2);
  }
  const paced = performance.now();
  const leftThen = watch.left();
  while (watch.left() > 0 && performance.now() - paced < 60_000) await sleep(20);
  const tail = performance.now() - paced;
  const after = await cpuNow();
  await watch.stop();
  const [dead] = await sql<{ count: number }[]>`select count(*)::int from deadletters.items`;
  const times = (of: (order: Placed) => number | undefined) =>
    [...watch.orders.values()].flatMap((order) => of(order) ?? []).sort((a, b) => a - b);
  const at = (sorted: number[], share: number) =>
    `${sorted[Math.floor(sorted.length * share)]?.toFixed(0) ?? '–'} ms`;
  const answered = times(({ began, answered }) => answered - began);
  const paid = times(({ began, paid }) => paid && paid - began);
  const mailed = times(({ began, mailed }) => mailed && mailed - began);
  const cpu = [...after].map(
    ([name, used]) => [name, ((used - (before.get(name) ?? 0)) * 1000) / sent] as const,
  );
  return {
    failures,
    row: {
      'orders/s': perSecond,
      placed: `${at(answered, 0.5)} / ${at(answered, 0.99)}`,
      paid: `${at(paid, 0.5)} / ${at(paid, 0.99)}`,
      mail: `${at(mailed, 0.5)} / ${at(mailed, 0.99)}`,
      'left at the end': `${leftThen}, done after ${Math.round(tail)} ms`,
      'not placed': failures,
      'dead letters': dead?.count,
      borne: tail <= tailMs && failures === 0 && dead?.count === 0 && mailed.length === sent ? 'yes' : 'no',
    },
    cpu: cpu.filter(([, ms]) => ms >= 0.05).sort(([, a], [, b]) => b - a),
  };
};

await run(20, 8);
const results = [];
for (const rate of values.rates.split(',').map(Number)) results.push(await run(rate, seconds));
console.log('times from the request: p50 / p99');
console.table(results.map(({ row }) => row));
console.log('CPU-milliseconds an order, by process:');
for (const { row, cpu } of results) {
  const sum = cpu.reduce((total, [, ms]) => total + ms, 0);
  console.log(
    `${row['orders/s']}/s: ${sum.toFixed(1)} = ${cpu.map(([name, ms]) => `${name} ${ms.toFixed(1)}`).join(', ')}`,
  );
}
await sql.end();
agent.destroy();
await platform.end('SIGTERM');
await removeHome(platform.home);
