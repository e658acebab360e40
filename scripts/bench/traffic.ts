#!/usr/bin/env node
// What callers see of traffic between two revisions: shares, moves under load, from zero to many at once.
// node scripts/bench/traffic.ts [--runs 5]
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createKube } from '../../test/acceptance/support/kube.ts';
import { readAccess } from '../../test/acceptance/support/kubeconfig.ts';
import { scale, service, serviceSpec } from '../../test/acceptance/support/objects.ts';
import { removeHome, startPlatform } from '../../test/support/platform.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });
const runs = Number(values.runs);

const image = 'dev.local/hello:dev';
const name = 'canary';
const [first, second] = [`${name}-00001`, `${name}-00002`];
const asked = { requests: 4_000, points: 1.5, moves: 50, perSecond: 200, atOnce: 200 };

interface Seen {
  revision?: string;
  ms: number;
  failure?: string;
}

const platform = await startPlatform({ directPort: 0 });
const kube = createKube(await readAccess(platform.kubeconfig), 'kagari');
const agent = new Agent({ keepAlive: true });

/** One request to a Service; whatever is no 200 is a failure. */
const ask = (to: string): Promise<Seen> =>
  new Promise((done) => {
    const began = performance.now();
    const end = (seen: Omit<Seen, 'ms'>) => done({ ...seen, ms: performance.now() - began });
    const fail = (error: Error) => end({ failure: error.message });
    const host = `${to}.kagari.localhost`;
    get(
      { host: '127.0.0.1', port: platform.port, path: '/info', headers: { host }, agent },
      async (answer) => {
        try {
          let text = '';
          for await (const chunk of answer.setEncoding('utf8')) text += chunk;
          if (answer.statusCode !== 200) end({ failure: `${answer.statusCode} ${text}` });
          else end({ revision: JSON.parse(text).revision });
        } catch (error) {
          fail(error as Error);
        }
      },
    ).on('error', fail);
  });

/** Requests at an even pace, whether or not answers come, for as long as the work takes. */
const during = async (perSecond: number, work: () => Promise<void>): Promise<Seen[]> => {
  const sent: Promise<Seen>[] = [];
  const began = performance.now();
  const pace = setInterval(() => {
    while (sent.length < ((performance.now() - began) / 1_000) * perSecond) sent.push(ask(name));
  }, 2);
  await work();
  clearInterval(pace);
  return Promise.all(sent);
};

/** Waits for the Route, too: a Service is ready only when its traffic goes as it says. */
const split = async (share: number) => {
  const traffic = [
    { revisionName: first, percent: 100 - share },
    { revisionName: second, percent: share },
  ].filter(({ percent }) => percent > 0);
  await kube.patch('ksvc', name, { spec: { traffic } });
  await kube.ready('ksvc', name);
};

const untilAtZero = async (of: string) => {
  while ((await kube.list('pod', `serving.knative.dev/service=${of}`)).length > 0) await sleep(100);
};

const rows: [what: string, measured: string, asked: string][] = [];
const failures = new Map<string, number>();
const failed = (all: readonly Seen[]): string => {
  const bad = all.flatMap(({ failure }) => failure ?? []);
  for (const failure of bad) failures.set(failure, (failures.get(failure) ?? 0) + 1);
  return `${bad.length} of ${all.length.toLocaleString('en')} failed`;
};
const times = (all: readonly Seen[]): string => {
  const sorted = all.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (part: number) => {
    const ms = sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN;
    return ms < 10 ? ms.toFixed(1) : Math.round(ms);
  };
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`;
};

const measureSplit = async () => {
  await split(10);
  const far: number[] = [];
  const all: Seen[] = [];
  for (let run = 0; run < runs; run++) {
    const seen: Seen[] = [];
    while (seen.length < asked.requests)
      seen.push(...(await Promise.all(Array.from({ length: 50 }, () => ask(name)))));
    const share = (100 * seen.filter(({ revision }) => revision === second).length) / seen.length;
    far.push(Math.abs(share - 10));
    all.push(...seen);
  }
  const most = Math.max(...far).toFixed(2);
  rows.push([
    `90/10 over ${asked.requests.toLocaleString('en')} requests`,
    `${most} points off at most (${runs} runs), ${failed(all)}`,
    `± ${asked.points} points`,
  ]);
};

const measureMoves = async (how: string, share: (move: number) => number, { fromZero = false } = {}) => {
  const all: Seen[] = [];
  for (let run = 0; run < runs; run++) {
    if (fromZero) await untilAtZero(name);
    const seen = await during(asked.perSecond, async () => {
      for (let move = 1; move <= asked.moves; move++) {
        await split(share(move));
        await sleep(100);
      }
    });
    all.push(...seen);
  }
  rows.push([
    `${asked.moves} moves under ${asked.perSecond} requests/s, ${how}`,
    `${failed(all)} (${runs} runs); ${times(all)}`,
    'none fails',
  ]);
};

const measureFromZero = async (containerConcurrency: number) => {
  const to = `burst-${containerConcurrency}`;
  const settings = { image, containerConcurrency, annotations: scale({ window: '6s' }) };
  await kube.create('ksvc', service(to, settings));
  await kube.ready('ksvc', to);
  const all: Seen[] = [];
  for (let run = 0; run < runs; run++) {
    await untilAtZero(to);
    all.push(...(await Promise.all(Array.from({ length: asked.atOnce }, () => ask(to)))));
  }
  await kube.remove('ksvc', to);
  rows.push([
    `from 0 to ${asked.atOnce} requests at once, ${containerConcurrency ? `${containerConcurrency} a pod` : 'no limit a pod'}`,
    `${failed(all)} (${runs} runs); ${times(all)}`,
    'none fails',
  ]);
};

try {
  await kube.create('ksvc', service(name, { image, env: { VERSION: 'v1' } }));
  await kube.ready('ksvc', name);
  await kube.patch('ksvc', name, { spec: serviceSpec({ image, env: { VERSION: 'v2' } }) });
  await kube.ready('ksvc', name);
  await measureSplit();
  await measureMoves('2 points each', (move) => move * 2);
  await measureMoves('all of it each time', (move) => (move % 2) * 100);
  await measureMoves('all of it each time, both at zero before', (move) => (move % 2) * 100, {
    fromZero: true,
  });
  await measureFromZero(0);
  await measureFromZero(10);
} finally {
  agent.destroy();
  kube.close();
  await platform.end('SIGTERM');
  await removeHome(platform.home);
}

console.log('| what | measured | asked |\n| --- | --- | --- |');
for (const row of rows) console.log(`| ${row.join(' | ')} |`);
for (const [failure, times] of failures) console.error(`${times} times: ${failure}`);
process.exitCode = failures.size > 0 ? 1 : 0;
