#!/usr/bin/env node
// What the gateway costs: POST /orders with a token, through it, to a function that answers at once; 40 connections.
// node scripts/bench/gateway.ts [--rounds 5] [--seconds 4] [--against DIR]: another checkout, measured in turns with this
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { functionDatabases, roleName } from '../../db/functions.ts';
import { migrate } from '../../db/migrate.ts';
import { startPostgres } from '../../db/postgres/launcher.ts';
import { testIdentity } from '../../functions/kit/testing.ts';
import { buildImage } from '../../knative/local/build-images.ts';
import { createImageStore } from '../../knative/local/images/store.ts';
import { freePort, waitUntil } from '../../test/support/platform.ts';
import { cpuSecondsOf } from './cpu-time.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    against: { type: 'string' },
  },
});
const here = join(import.meta.dirname, '../..');
const folder = await mkdtemp(join(tmpdir(), 'kagari-bench-gateway-'));
await chmod(folder, 0o755);
const password = 'of-a-bench';

const database = await startPostgres({
  home: folder,
  log: { info: () => {}, warn: () => {} },
  onExit: () => {},
});
await migrate(database.adminUrl('kagari'), {
  passwords: Object.fromEntries(functionDatabases.map((fn) => [fn, password])),
});
const databaseUrl = new URL(database.adminUrl('kagari'));
databaseUrl.username = roleName('kagari', 'gateway');
databaseUrl.password = password;

const identity = await testIdentity();
await writeFile(join(folder, 'jwks.json'), JSON.stringify(identity.keys));
const tokens = await Promise.all(
  Array.from({ length: 50 }, () => identity.token({ sub: crypto.randomUUID() })),
);
const placed = JSON.stringify({
  id: crypto.randomUUID(),
  status: 'pending',
  createdAt: new Date().toISOString(),
});
const upstream = createServer((incoming, outgoing) => {
  incoming.resume().once('end', () => {
    outgoing.writeHead(201, { 'content-type': 'application/json', 'content-length': placed.length });
    outgoing.end(placed);
  });
}).listen(0, '127.0.0.1');
await once(upstream, 'listening');
const upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;

const startGateway = async (root: string, name: string) => {
  const home = join(folder, name);
  const images = createImageStore(home);
  const reference = 'dev.local/gateway:bench';
  const { digest } = await buildImage({ name: 'gateway', reference, root, home, images });
  const main = join((await images.open(digest))?.folder ?? '', 'main.mjs');
  const port = await freePort();
  const child = spawn(process.execPath, [main], {
    env: {
      PORT: String(port),
      HOST: '127.0.0.1',
      DATABASE_URL: databaseUrl.href,
      JWKS_FILE: join(folder, 'jwks.json'),
      ORDERS_URL: upstreamUrl,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const live = () =>
    fetch(`http://127.0.0.1:${port}/live`).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitUntil(`the gateway of ${root}`, 30_000, live);
  return { name, port, child };
};

const body = JSON.stringify({
  items: [{ sku: 'tea-sencha', quantity: 2 }],
  currency: 'EUR',
  paymentToken: 'tok_ok',
});

/** Posts for so long; answers a second, microseconds of the gateway's own time an answer, and the p50 in ms. */
const load = async (
  { port, child }: { port: number; child: { pid?: number | undefined } },
  seconds: number,
) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 40 });
  const end = performance.now() + seconds * 1000;
  const before = await cpuSecondsOf(child.pid ?? 0);
  const times: number[] = [];
  const post = (i: number) =>
    new Promise<void>((done, fail) => {
      const began = performance.now();
      const headers = {
        authorization: `Bearer ${tokens[i % tokens.length]}`,
        'content-type': 'application/json',
        'content-length': body.length,
      };
      const sent = request({ port, host: '127.0.0.1', method: 'POST', path: '/orders/', agent, headers });
      sent.once('error', fail);
      sent.once('response', (answer) => {
        if (answer.statusCode !== 201) fail(new Error(`answered ${answer.statusCode}`));
        answer.resume().once('end', () => {
          times.push(performance.now() - began);
          done();
        });
      });
      sent.end(body);
    });
  const caller = async (i: number) => {
    for (let n = i; performance.now() < end; n++) await post(n);
  };
  await Promise.all(Array.from({ length: 40 }, (_, i) => caller(i)));
  agent.destroy();
  const used = (await cpuSecondsOf(child.pid ?? 0)) - before;
  times.sort((a, b) => a - b);
  return {
    perSecond: times.length / seconds,
    micros: (used / times.length) * 1e6,
    p50: times[times.length >> 1] ?? 0,
  };
};

const gateways = [await startGateway(here, 'this')];
if (values.against) gateways.push(await startGateway(resolve(values.against), 'other'));
const results = new Map(gateways.map(({ name }) => [name, [] as Awaited<ReturnType<typeof load>>[]]));
for (const gateway of gateways) await load(gateway, 2);
for (let round = 0; round < Number(values.rounds); round++)
  for (const gateway of gateways)
    results.get(gateway.name)?.push(await load(gateway, Number(values.seconds)));

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
for (const [name, rounds] of results)
  console.log(
    `${name}: ${Math.round(median(rounds.map(({ perSecond }) => perSecond)))} requests/s, ` +
      `${median(rounds.map(({ micros }) => micros)).toFixed(0)} µs of its own a request, ` +
      `p50 ${median(rounds.map(({ p50 }) => p50)).toFixed(2)} ms`,
  );
const [mine = [], other = []] = [...results.values()];
if (values.against) {
  const ratios = mine.map(({ perSecond, micros }, i) => [
    perSecond / (other[i]?.perSecond ?? 1),
    micros / (other[i]?.micros ?? 1),
  ]);
  console.log(
    `this / other, round by round: throughput ${median(ratios.map(([ratio = 0]) => ratio)).toFixed(2)}, ` +
      `own time ${median(ratios.map(([, ratio = 0]) => ratio)).toFixed(2)}`,
  );
}

for (const { child } of gateways) child.kill('SIGKILL');
upstream.closeAllConnections();
upstream.close();
await database.stop();
await rm(folder, { recursive: true, force: true });
