#!/usr/bin/env node
// POST /orders alone: ours against the same in Express + pg, FastAPI + psycopg and Go net/http + pgx, in turns on one
// Postgres. node scripts/bench/peers.ts [--rounds 5] [--seconds 4] [--connections 16] [--bearers 20000]
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { exportJWK, generateKeyPair } from 'jose';
import postgres from 'postgres';
import { functionDatabases, roleName } from '../../db/functions.ts';
import { migrate } from '../../db/migrate.ts';
import { startPostgres } from '../../db/postgres/launcher.ts';
import { freePort } from '../../test/support/platform.ts';
import { cpuSecondsOf } from './cpu-time.ts';
import type { OrdersSeen } from './order-load.ts';
import { type Peer, preparePeers } from './prepare-peers.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '16' },
    // More than our verifier remembers: every request is verified by everybody.
    bearers: { type: 'string', default: '20000' },
    only: { type: 'string' },
    profile: { type: 'string' },
  },
});
const password = 'of-a-bench';
const cores = availableParallelism();
/** The server has the first core for itself; database and load share the others. */
const pinned = (core: string, command: string[]) =>
  cores > 1 ? ['taskset', '-c', core, ...command] : command;
const others = cores > 2 ? `1-${cores - 1}` : '1';

const home = await mkdtemp(join(tmpdir(), 'kagari-peers-'));
await chmod(home, 0o755);
const database = await startPostgres({
  home,
  log: { info: () => {}, warn: (_, message) => console.warn(message) },
});
const sink = createServer((incoming, outgoing) => {
  incoming.resume().on('end', () => outgoing.writeHead(202).end());
}).listen(0, '127.0.0.1');
await once(sink, 'listening');
const sinkUrl = `http://127.0.0.1:${(sink.address() as { port: number }).port}/`;

const keys = await generateKeyPair('EdDSA', { extractable: true });
const jwks = join(home, 'jwks.json');
const keyFile = join(home, 'key.json');
await writeFile(
  jwks,
  JSON.stringify({
    keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'bench', alg: 'EdDSA', use: 'sig' }],
  }),
);
await writeFile(keyFile, JSON.stringify({ jwk: await exportJWK(keys.privateKey), kid: 'bench' }));

const kagari = (relay: string): Peer => ({
  name: relay === 'yes' ? 'kagari, its relay at work too' : 'kagari',
  command: [
    process.execPath,
    ...(values.profile && relay === 'no' ? ['--cpu-prof', `--cpu-prof-dir=${values.profile}`] : []),
    join(import.meta.dirname, 'orders-alone.ts'),
  ],
  cwd: import.meta.dirname,
  env: { K_SINK: sinkUrl, RELAY: relay },
});
const peers = [kagari('no'), ...(await preparePeers()), kagari('yes')].filter(
  ({ name }) => !values.only || values.only.split(',').includes(name),
);

interface Contender {
  name: string;
  port: number;
  child: ChildProcess;
  perCpuSecond: number[];
  perSecond: number[];
  p50: number[];
}

/** Each has a database of its own, so that nobody meets another's rows. */
const start = async ({ name, command, cwd, env }: Peer, n: number): Promise<Contender> => {
  const own = `peer_${n}`;
  const admin = postgres(database.adminUrl('postgres'), { max: 1, onnotice: () => {} });
  await admin.unsafe(`create database ${own}`);
  await admin.end();
  await migrate(database.adminUrl(own), {
    passwords: Object.fromEntries(functionDatabases.map((fn) => [fn, password])),
  });
  const url = new URL(database.adminUrl(own));
  url.username = roleName(own, 'orders');
  url.password = password;
  const [program = '', ...args] = pinned('0', command);
  const spawnAt = (port: number) =>
    spawn(program, args, {
      cwd,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        NODE_ENV: 'production',
        GOMAXPROCS: '1',
        PORT: String(port),
        HOST: '127.0.0.1',
        DATABASE_URL: url.href,
        JWKS_FILE: jwks,
        LOG_LEVEL: 'warn',
        ...env,
      },
    });
  // A free port may be somebody's a moment later.
  for (let tries = 0; tries < 5; tries++) {
    const port = await freePort();
    const child = spawnAt(port);
    if (await listens(port, child)) return { name, port, child, perCpuSecond: [], perSecond: [], p50: [] };
    child.kill('SIGKILL');
  }
  throw new Error(`${name} does not listen`);
};

const listens = async (port: number, child: ChildProcess): Promise<boolean> => {
  for (let tries = 0; tries < 300 && child.exitCode === null; tries++) {
    const socket = connect({ port, host: '127.0.0.1' });
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    await sleep(open ? 500 : 100);
    if (open) return child.exitCode === null;
  }
  return false;
};

const load = async (port: number): Promise<OrdersSeen> => {
  const [program = '', ...args] = pinned(others, [
    process.execPath,
    join(import.meta.dirname, 'order-load.ts'),
    ...[port, values.connections, values.seconds, keyFile, values.bearers].map(String),
  ]);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(await text(child.stdout));
};

const contenders: Contender[] = [];
try {
  if (cores > 1) spawn('taskset', ['-acp', others, String(database.pid)], { stdio: 'ignore' });
  for (const [n, peer] of peers.entries()) contenders.push(await start(peer, n));
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const contender of contenders) {
      const before = await cpuSecondsOf(contender.child.pid ?? 0);
      const seen = await load(contender.port);
      const cpu = (await cpuSecondsOf(contender.child.pid ?? 0)) - before;
      // What is still at work behind the answers must not meet the next one.
      await sleep(contender.name.includes('relay') ? 3_000 : 300);
      if (seen.failed > 0) throw new Error(`${contender.name}: ${seen.failed} failed: ${seen.failure}`);
      // The first round warms up.
      if (round === 0) continue;
      contender.perCpuSecond.push(seen.placed / cpu);
      contender.perSecond.push(seen.perSecond);
      contender.p50.push(seen.p50);
    }
  }
} finally {
  for (const { child } of contenders) child.kill('SIGTERM');
  await Promise.all(contenders.map(({ child }) => child.exitCode === null && once(child, 'exit')));
  sink.close();
  await database.stop();
  await rm(home, { recursive: true, force: true });
}

const median = (all: number[]) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
const ours = contenders.find(({ name }) => name === 'kagari');
console.log(
  '| | orders a CPU-second of the server | ours is | orders/s on its core | p50 |\n| --- | --- | --- | --- | --- |',
);
for (const { name, perCpuSecond, perSecond, p50 } of contenders) {
  // Round by round: the machine is not as fast in one as in another.
  const ratio = ours
    ? median(perCpuSecond.map((theirs, n) => (ours.perCpuSecond[n] ?? 0) / theirs))
    : Number.NaN;
  const spread = `${Math.round(Math.min(...perCpuSecond))}–${Math.round(Math.max(...perCpuSecond))}`;
  console.log(
    `| ${name} | ${Math.round(median(perCpuSecond))} (${spread}) | ${ratio.toFixed(2)} × | ${Math.round(median(perSecond))} | ${median(p50).toFixed(1)} ms |`,
  );
}
