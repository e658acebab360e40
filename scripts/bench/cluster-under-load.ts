#!/usr/bin/env node
// What callers see at 100 requests/s on a cluster: of new revisions, and of pods that die in three ways.
// cluster exec -- node scripts/bench/cluster-under-load.ts [--runs 5]
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { flood } from '../../test/acceptance/support/flood.ts';
import type { KubeObject } from '../../test/acceptance/support/kube.ts';
import { scale, service, serviceSpec } from '../../test/acceptance/support/objects.ts';
import { until } from '../../test/acceptance/support/until.ts';
import { openCluster } from './cluster-target.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });
const runs = Number(values.runs);
const perSecond = 100;
const { kube, web, hostOf, close } = await openCluster();
const run = promisify(execFile);

const { image } = (await kube.get('ksvc', 'hello')).spec.template.spec.containers[0];
const made: string[] = [];
const serve = async (name: string, pods: number) => {
  made.push(name);
  await kube.create('ksvc', service(name, { image, annotations: scale({ min: pods, max: pods }) }));
  await kube.ready('ksvc', name);
};
const readyPods = async (name: string): Promise<KubeObject[]> =>
  (await kube.pods(name)).filter(({ status }) =>
    status.conditions?.some(
      (one: { type: string; status: string }) => one.type === 'Ready' && one.status === 'True',
    ),
  );

const rows: Record<string, object> = {};
/** Does the work under load, as often as asked, and tells what failed and with which words. */
const underLoad = async (what: string, name: string, work: (n: number) => Promise<void>) => {
  const why = new Map<string, number>();
  let [sent, failures] = [0, 0];
  for (let n = 1; n <= runs; n++) {
    const load = flood(perSecond, () => web.send(hostOf(name), '/info'));
    await sleep(1_000);
    await work(n);
    await sleep(1_000);
    const outcome = await load.end();
    sent += outcome.sent;
    failures += outcome.failed.length;
    for (const reason of outcome.failed) {
      const alike = reason.replace(/\d+\.\d+\.\d+\.\d+(:\d+)?/g, 'ADDRESS');
      why.set(alike, (why.get(alike) ?? 0) + 1);
    }
    console.error(`${what}, run ${n}: ${outcome.failed.length} of ${outcome.sent} failed`);
  }
  const told = [...why].map(([reason, count]) => `${count} × ${reason}`).join('; ');
  rows[what] = { sent, failed: failures, 'per run': (failures / runs).toFixed(1), why: told };
};

const containerOf = (pod: KubeObject): string =>
  pod.status.containerStatuses
    .find((one: { name: string }) => one.name === 'user-container')
    .containerID.replace('containerd://', '');

const deaths: [what: string, kill: (pod: KubeObject) => Promise<unknown>][] = [
  ['deleted', (pod) => kube.remove('pod', pod.metadata.name)],
  [
    'deleted by force',
    (pod) =>
      run('kubectl', ['delete', 'pod', pod.metadata.name, '-n', 'kagari', '--force', '--grace-period=0']),
  ],
  ['process killed', (pod) => run('ctr', ['tasks', 'kill', '-s', 'SIGKILL', containerOf(pod)])],
];

try {
  const name = 'load-moves';
  await serve(name, 1);
  await underLoad('a new revision', name, async (n) => {
    const version = `v${n}`;
    const annotations = scale({ min: 1, max: 1 });
    await kube.patch('ksvc', name, { spec: serviceSpec({ image, env: { VERSION: version }, annotations }) });
    await kube.ready('ksvc', name);
    await until(
      `${version} answers`,
      async () => (await web.send(hostOf(name), '/info')).json<{ version: string }>().version === version,
    );
  });
  await kube.remove('ksvc', name);
  for (const pods of [2, 1]) {
    const victim = `load-dies-${pods}`;
    await serve(victim, pods);
    for (const [what, kill] of deaths)
      await underLoad(`one of ${pods} pods ${what}`, victim, async () => {
        const [pod] = await readyPods(victim);
        await kill(pod);
        await sleep(1_000);
        await until('all are ready', async () => (await readyPods(victim)).length === pods, 120_000);
      });
    await kube.remove('ksvc', victim);
  }
} finally {
  for (const name of made) await kube.remove('ksvc', name);
  close();
}
for (const [what, row] of Object.entries(rows)) console.log(what, row);
