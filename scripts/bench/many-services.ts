#!/usr/bin/env node
// The running platform with 200 Services and 1,000 Revisions beside its own: its memory, and how long a list takes.
// node scripts/bench/many-services.ts [--services 200] [--revisions 5]
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createKube, type Kube } from '../../test/acceptance/support/kube.ts';
import { readAccess } from '../../test/acceptance/support/kubeconfig.ts';
import { scale, service, serviceSpec } from '../../test/acceptance/support/objects.ts';
import { newHome, type Platform, removeHome, startPlatform } from '../../test/support/platform.ts';

const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '200' },
    revisions: { type: 'string', default: '5' },
  },
});
const services = Number(values.services);
const revisionsOfEach = Number(values.revisions);
const atOnce = 8;
const readyWithinMs = 300_000;
const lists = 100;

const names = Array.from({ length: services }, (_, index) => `many-${String(index).padStart(3, '0')}`);
const settings = (round: number) => ({
  image: 'dev.local/hello:dev',
  annotations: scale({ window: '6s' }),
  env: Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`VARIABLE_${index}`, `value ${round}`])),
});

const inTurn = async (all: readonly string[], work: (name: string) => Promise<unknown>): Promise<void> => {
  const left = [...all];
  const worker = async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) await work(name);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
};

/** Resident memory of the runtime alone: its pods and Postgres are other processes. */
const residentMb = async ({ process: { pid } }: Platform): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
};

const untilAtZero = async (kube: Kube) => {
  while ((await kube.list('pod')).length > 0) await sleep(1_000);
  // V8 collects what a burst left when there is rest.
  await sleep(35_000);
};

/** From the request to the last byte of its answer, over a connection that stands. */
const listing = async (kube: Kube): Promise<string> => {
  const times: number[] = [];
  for (let n = 0; n < lists; n++) {
    const began = performance.now();
    await kube.list('ksvc');
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  const at = (part: number) => `${(times[Math.ceil(lists * part) - 1] ?? Number.NaN).toFixed(1)} ms`;
  return `p50 ${at(0.5)}, p95 ${at(0.95)}`;
};

const open = async (platform: Platform) => createKube(await readAccess(platform.kubeconfig), 'kagari');

const home = await newHome();
let platform = await startPlatform({ home, directPort: 0 });
let kube = await open(platform);
const rows: [what: string, measured: string, asked: string][] = [];
try {
  await untilAtZero(kube);
  rows.push(['memory of the runtime, the platform alone at zero', `${await residentMb(platform)} MB`, '']);
  for (let round = 1; round <= revisionsOfEach; round++) {
    await inTurn(names, async (name) => {
      if (round === 1) await kube.create('ksvc', service(name, settings(round)));
      else await kube.patch('ksvc', name, { spec: serviceSpec(settings(round)) });
      await kube.ready('ksvc', name, readyWithinMs);
    });
    console.error(`${(await kube.list('revision')).length} Revisions`);
  }
  await untilAtZero(kube);
  const [many, revisions] = [(await kube.list('ksvc')).length, (await kube.list('revision')).length];
  const state = `${many} Services and ${revisions} Revisions`;
  rows.push([`list of ${many} Services`, await listing(kube), '≤ 150 ms']);
  rows.push([`memory with ${state}, just made, at zero`, `${await residentMb(platform)} MB`, '≤ 200 MB']);
  kube.close();
  await platform.end('SIGTERM');
  platform = await startPlatform({ home, directPort: 0 });
  kube = await open(platform);
  rows.push([`start with ${state}`, `${Math.round(platform.readyMs)} ms`, '']);
  await untilAtZero(kube);
  rows.push([`memory with ${state}, after a start, at zero`, `${await residentMb(platform)} MB`, '≤ 200 MB']);
} finally {
  kube.close();
  await platform.end('SIGTERM');
  await removeHome(home);
}
console.log('| what | measured | asked |\n| --- | --- | --- |');
for (const row of rows) console.log(`| ${row.join(' | ')} |`);
