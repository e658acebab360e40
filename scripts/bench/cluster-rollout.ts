#!/usr/bin/env node
// How soon a release that fails one request in five is at 0% again at 50 requests/s, and what moves by themselves fail, on a
// cluster where the platform runs. cluster exec -- node scripts/bench/cluster-rollout.ts [--runs 10]
import { parseArgs } from 'node:util';
import { until } from '../../test/acceptance/support/until.ts';
import { installPrometheus, removePrometheus } from '../../test/cluster/prometheus/install.ts';
import { openShop } from '../../test/cluster/release/shop.ts';
import { median, openCluster } from './cluster-target.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '10' } } });
const runs = Number(values.runs);
const { kube, web, hostOf, close } = await openCluster();
const name = 'rollout-figures';

const rows: { seconds: number; sent: number; failed: number }[] = [];
const moves = { sent: 0, failed: [] as string[] };
try {
  await installPrometheus();
  const shop = await openShop({ kube, web, hostOf });
  await kube.remove('ksvc', name);
  await shop.serve(name, 'v1');

  for (let run = 1; run <= runs; run++) {
    const load = shop.load(name, 50);
    const releasing = await shop.release(name, 'broken');
    await until('its first step', async () => releasing.output.stdout.includes('5% to'), 120_000);
    const began = performance.now();
    const before = load.answered();
    const { stdout } = await releasing.said;
    const seconds = (performance.now() - began) / 1000;
    const { sent, failed } = await load.end();
    if (!stdout.includes('rolled back after')) throw new Error(stdout);
    rows.push({ seconds, sent: sent - before, failed: failed.length });
    console.error(
      `run ${run}: 0% after ${seconds.toFixed(1)} s, ${failed.length} of ${sent - before} failed`,
    );
  }

  for (let run = 1; run <= runs; run++) {
    const load = shop.load(name, 80);
    const quickly = ['--steps', '50', '--min-requests', '50'];
    const promoting = await shop.release(name, run % 2 ? 'v2' : 'v1', ...quickly);
    const { stdout } = await promoting.said;
    if (!stdout.includes('promoted after')) throw new Error(stdout);
    const back = await shop.kagari('rollback', name);
    if (back.code !== 0) throw new Error(back.stderr);
    const { sent, failed } = await load.end();
    moves.sent += sent;
    moves.failed.push(...failed);
    console.error(`run ${run}: promoted and rolled back, ${failed.length} of ${sent} failed`);
  }
} finally {
  await kube.remove('ksvc', name);
  await removePrometheus();
  close();
}
const seconds = rows.map((row) => row.seconds).sort((a, b) => a - b);
console.log(
  `one in five fails, 50/s: 0% after ${median(seconds).toFixed(1)} s (p50), ${seconds.at(-1)?.toFixed(1)} s (longest)`,
);
console.log(
  `${rows.reduce((all, { failed }) => all + failed, 0)} of ${rows.reduce((all, { sent }) => all + sent, 0)} requests failed meanwhile`,
);
console.log(`${runs} promotions and rollbacks, 80/s: ${moves.failed.length} of ${moves.sent} failed`);
for (const reason of new Set(moves.failed)) console.log(reason);
