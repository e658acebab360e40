#!/usr/bin/env node
// The platform as a user meets it: start, first order, rest, stop. node scripts/bench/platform.ts [--runs 5] [--quick]
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { newHome, type Platform, removeHome, startPlatform } from '../../test/support/platform.ts';
import { signUpCustomer } from '../demo/customer.ts';
import { memoryOfTree } from './process-tree.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, quick: { type: 'boolean', default: false } },
});
const runs = Number(values.runs);
const functions = [
  'auth',
  'orders',
  'payments',
  'bank',
  'notifications',
  'deadletters',
  'worker',
  'api',
  'gateway',
  'hello',
];

const rows: [what: string, measured: string, asked: string][] = [];
const milliseconds = (all: number[]) => {
  const sorted = all.toSorted((a, b) => a - b).map(Math.round);
  return `${sorted[Math.floor(sorted.length / 2)]} ms (${sorted[0]}–${sorted.at(-1)}, ${sorted.length} runs)`;
};

const atZero = async (platform: Platform): Promise<boolean> =>
  (await Promise.all(functions.map((fn) => platform.pods(fn)))).flat().length === 0;

const untilAtZero = async (platform: Platform): Promise<void> => {
  const deadline = Date.now() + 300_000;
  while (!(await atZero(platform))) {
    if (Date.now() > deadline) throw new Error('the functions do not scale to zero');
    await sleep(500);
  }
};

/** From a customer's first request to the paid order. */
const firstOrder = async (platform: Platform): Promise<number> => {
  const start = performance.now();
  const customer = await signUpCustomer(platform.base);
  const { id } = await customer.place('tok_ok');
  while ((await customer.order(id)).status !== 'paid') await sleep(10);
  return performance.now() - start;
};

const measureStarts = async () => {
  const [first, later, stops, exits]: [number[], number[], number[], Set<number | null>] = [
    [],
    [],
    [],
    new Set(),
  ];
  for (let n = 0; n < runs; n++) {
    const home = await newHome();
    for (const times of [first, later]) {
      const platform = await startPlatform({ home });
      times.push(platform.readyMs);
      await signUpCustomer(platform.base);
      const { code, ms } = await platform.end('SIGTERM');
      stops.push(ms);
      exits.add(code);
    }
    await removeHome(home);
  }
  rows.push(['first start, warm node_modules, to `ready:`', milliseconds(first), '≤ 6 s']);
  rows.push(['later start to `ready:`', milliseconds(later), '≤ 3 s']);
  rows.push([
    `SIGTERM to the end of all processes, exit ${[...exits].join(', ')}`,
    milliseconds(stops),
    '≤ 5 s',
  ]);
};

const measureRest = async () => {
  const home = await newHome();
  let platform = await startPlatform({ home });
  await firstOrder(platform);
  const orders: number[] = [];
  for (let n = 0; n < Math.min(runs, 3); n++) {
    await untilAtZero(platform);
    await platform.end('SIGTERM');
    platform = await startPlatform({ home });
    orders.push(await firstOrder(platform));
  }
  rows.push([
    '`ready:` to the first order paid, its functions at zero (sign up and log in included)',
    milliseconds(orders),
    '≤ 2 s',
  ]);
  await untilAtZero(platform);
  await sleep(35_000);
  const { processes, rssMb, pssMb } = await memoryOfTree(platform.process.pid ?? 0);
  const measured = `${pssMb} MB (shared pages once; sum of RSS ${rssMb} MB, ${processes} processes)`;
  rows.push(['all scaled to zero: resident, Postgres included', measured, '≤ 350 MB']);
  await platform.end('SIGTERM');
  await removeHome(home);
};

await measureStarts();
if (!values.quick) await measureRest();
console.log('| what | measured | asked |\n| --- | --- | --- |');
for (const row of rows) console.log(`| ${row.join(' | ')} |`);
