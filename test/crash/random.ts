#!/usr/bin/env node
// npm run test:crash -- --points 1000 --seed N: kill -9 of runtime, functions and database under a mixed load; exit 0 when
// all that was acknowledged is there at the end, each effect once.
import { setTimeout as sleep } from 'node:timers/promises';
import { createPostgresLog } from '../../eventing/log/postgres.ts';
import { memoryOfTree } from '../../scripts/bench/process-tree.ts';
import { databaseOf, type Platform, removeHome, startPlatform } from '../support/platform.ts';
import { deadLettersIn, findingsOf } from './check.ts';
import { type Running, shop } from './customers.ts';
import { createLedger } from './ledger.ts';
import {
  change,
  doomed,
  kubeFor,
  messagesTopic,
  operatorOf,
  produce,
  redriveSome,
  untilDone,
} from './operators.ts';
import { readOptions } from './options.ts';
import { type Kill, scheduleOf } from './schedule.ts';
import { seeded } from './seeded.ts';
import { killAll, killPostgres, runningFunctions } from './victims.ts';

const { points, seed, customers } = readOptions(process.argv.slice(2));
/** Longest time from a kill to the next acknowledgement. */
const recoverMs = 60_000;

let platform: Platform = await startPlatform();
const { home, base } = platform;
console.log(`seed ${seed}, ${points} kills, home ${home}`);
const ledger = createLedger();
let killing = true;
const running = (name: string): Running => ({
  base,
  ledger,
  random: seeded(seed, name),
  goesOn: () => killing,
});
const kube = kubeFor(() => platform.kubeconfig);
const operator = await operatorOf(base, home);
const log = createPostgresLog({ url: await databaseOf(home) });
await log.createTopic(messagesTopic, { partitions: 4 });
await log.close();
await untilDone(
  kube,
  () => true,
  async (api) => {
    await api.remove('trigger', doomed.metadata.name);
    await api.create('trigger', { kind: 'Trigger', ...doomed });
    await api.ready('trigger', doomed.metadata.name);
  },
);

const kill = async ({ victim, which }: Kill): Promise<string> => {
  if (victim === 'postgres') {
    await killPostgres(platform);
    return victim;
  }
  if (victim === 'function') {
    for (;;) {
      const functions = await runningFunctions(home);
      const [name, pids] = functions[Math.floor(which * functions.length)] ?? ['', []];
      if (killAll(pids)) return name;
      await sleep(50);
    }
  }
  if (victim === 'runtime and postgres') await killPostgres(platform);
  await platform.end('SIGKILL');
  platform = await startPlatform(platform);
  return victim;
};

let failure: unknown;
const load = Promise.all([
  ...Array.from({ length: customers }, (_, n) => shop(running(`customer ${n}`))),
  produce(running('messages'), operator),
  redriveSome(running('desk'), operator),
  change(running('changes'), kube),
]).catch((error) => {
  failure = error;
  killing = false;
  ledger.heard();
});

const began = performance.now();
const recoveries: number[] = [];
let done = 0;
for (const next of scheduleOf(seed, points)) {
  if (!killing) break;
  await sleep(next.pauseMs);
  const at = performance.now();
  const victim = await kill(next);
  done++;
  let recovered = '';
  if (next.afterRecovery) {
    const heard = await Promise.race([
      ledger.next().then(() => true),
      sleep(recoverMs, false, { ref: false }),
    ]);
    if (!heard) {
      failure = new Error(`nothing was acknowledged within ${recoverMs / 1000} s of kill ${done}: ${victim}`);
      break;
    }
    recoveries.push(performance.now() - at);
    recovered = `, next acknowledgement after ${Math.round(recoveries.at(-1) ?? 0)} ms`;
  }
  console.log(`${String(done).padStart(4)}  killed ${victim}${recovered}`);
  if (done % 25 === 0) await tellProgress();
}
killing = false;
await load;

async function tellProgress() {
  const { pssMb, processes } = await memoryOfTree(platform.process.pid ?? 0);
  const minutes = (performance.now() - began) / 60_000;
  console.log(
    `      ${ledger}; ${(done / minutes).toFixed(1)} kills a minute; ${pssMb} MB in ${processes} processes, ` +
      `${Math.round(process.memoryUsage.rss() / 2 ** 20)} MB here`,
  );
}

await tellProgress();
const database = () => databaseOf(home);
const findings = failure ? [] : await findingsOf(ledger, { database, kube, operator });
const desk = await deadLettersIn(await database()).catch(() => undefined);
(await kube()).close();
for (const { what, is, shouldBe } of findings.slice(0, 30))
  console.log(`${what}\n  is        ${JSON.stringify(is)}\n  should be ${JSON.stringify(shouldBe)}`);
if (failure) console.error(failure);
recoveries.sort((a, b) => a - b);
const at = (part: number) => Math.round(recoveries[Math.floor(recoveries.length * part)] ?? 0);
console.log(
  `${done} kills, acknowledged: ${ledger}\n` +
    `from a kill to the next acknowledgement: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, longest ${at(0.999)} ms\n` +
    `dead letters: ${desk?.doomed} on purpose, ${desk?.others} others, redriven\n` +
    `${failure ? 'broken off' : `${findings.length} things not as they should be`} (seed ${seed})`,
);
const well = !failure && findings.length === 0;
await platform.end('SIGTERM');
if (well) await removeHome(home);
else console.log(`its home stays: ${home}`);
process.exit(well ? 0 : 1);
