#!/usr/bin/env node
import { setTimeout as sleep } from 'node:timers/promises';
// npm run test:crash -- --points 40 --seed 1: random kill -9 under load; exit 0 when every acknowledged order ended once.
import { parseArgs } from 'node:util';
import { type Customer, signUpCustomer } from '../../scripts/demo/customer.ts';
import { databaseOf, type Platform, removeHome, startPlatform } from '../support/platform.ts';
import { type Effects, effectsOf, paidOnce } from './effects.ts';
import { persist, placeUntilAcknowledged } from './persistent-customer.ts';

const { values } = parseArgs({
  options: {
    points: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const points = Number(values.points);
const random = mulberry32(Number(values.seed));
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

const functions = ['auth', 'orders', 'payments', 'bank', 'notifications', 'gateway'] as const;
const victims = [...functions, ...functions, 'runtime', 'runtime', 'postgres', 'postgres'] as const;
const tokens = [
  'tok_ok',
  'tok_ok',
  'tok_ok',
  'tok_declined',
  'tok_late',
  'tok_duplicate',
  'tok_silent',
] as const;

let platform: Platform = await startPlatform();
console.log(`seed ${values.seed}, ${points} kills, home ${platform.home}`);
const customer: Customer = await persist(() => signUpCustomer(platform.base));
const acknowledged: { id: string; token: string }[] = [];
let killing = true;

const shop = async () => {
  while (killing) {
    const token = pick(tokens);
    acknowledged.push({ id: await placeUntilAcknowledged(customer, token), token });
    await sleep(100 + random() * 300);
  }
};

const killOne = async () => {
  const victim = pick(victims);
  if (victim === 'runtime') {
    await platform.end('SIGKILL');
    platform = await startPlatform(platform);
    return victim;
  }
  const pids = victim === 'postgres' ? [await platform.postgresPid()] : await platform.pods(victim);
  for (const pid of pids) if (pid > 0) process.kill(pid, 'SIGKILL');
  return `${victim}${pids.length === 0 ? ' (at zero)' : ''}`;
};

const shopping = Promise.all([shop(), shop(), shop()]);
for (let n = 1; n <= points; n++) {
  await sleep(random() * 2_000);
  console.log(
    `${String(n).padStart(4)}  killed ${await killOne()}, ${acknowledged.length} orders acknowledged`,
  );
}
killing = false;
await shopping;

const expected = (token: string): Effects =>
  ['tok_declined', 'tok_silent'].includes(token) ? failedOnce : paidOnce;
const failedOnce: Effects = {
  status: 'failed',
  history: ['pending', 'failed'],
  captures: 0,
  mails: 1,
  events: {
    'dev.kagari.notification.sent.v1': 1,
    'dev.kagari.order.failed.v1': 1,
    'dev.kagari.order.placed.v1': 1,
    'dev.kagari.payment.failed.v1': 1,
    'dev.kagari.payment.initiated.v1': 1,
  },
};

const url = await databaseOf(platform.home);
const wrong = async () => {
  const all = await Promise.all(
    acknowledged.map(async (order) => ({ ...order, effects: await persist(() => effectsOf(url, order.id)) })),
  );
  return all.filter(({ token, effects }) => JSON.stringify(effects) !== JSON.stringify(expected(token)));
};
const deadline = Date.now() + 60_000;
let left = await wrong();
while (left.length > 0 && Date.now() < deadline) {
  await sleep(1_000);
  left = await wrong();
}
for (const order of left) console.log(JSON.stringify(order));
console.log(
  `${acknowledged.length} orders acknowledged, ${left.length} not as they should be (seed ${values.seed})`,
);
await platform.end('SIGTERM');
if (left.length === 0) await removeHome(platform.home);
process.exitCode = left.length === 0 ? 0 : 1;

/** A small generator with a seed, so that a run's choices can be made again. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
