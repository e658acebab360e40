#!/usr/bin/env node
// From zero to the answer through Kourier: our functions against Knative's sample in Go, in turns, on a cluster where the
// platform runs. cluster exec -- node scripts/bench/cluster-cold-start.ts [--runs 30] [--copies 10] [--go IMAGE]
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { KubeObject } from '../../test/acceptance/support/kube.ts';
import { until } from '../../test/acceptance/support/until.ts';
import { median, openCluster, twoModes } from './cluster-target.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '30' },
    // Each round asks every copy once: zero takes most of a minute to come back to.
    copies: { type: 'string', default: '10' },
    go: { type: 'string', default: 'dev.local/hello-go:v1' },
  },
});
const [runs, copies] = [Number(values.runs), Number(values.copies)];
const { kube, web, hostOf, close } = await openCluster();

/** What the platform deployed, with another name, reached from outside, gone as soon as a cluster allows. */
const likeDeployed = async (name: string): Promise<KubeObject> => {
  const { spec } = (await kube.get('ksvc', name)).spec.template;
  const annotations = { 'autoscaling.knative.dev/window': '6s' };
  return { template: { metadata: { annotations }, spec } };
};
const hello = await likeDeployed('hello');
const goServer = structuredClone(hello);
Object.assign(goServer.template.spec.containers[0], { image: values.go });
// Its image names no user.
goServer.template.spec.containers[0].securityContext.runAsUser = 1000;

const orders = await likeDeployed('orders');
// The catalog is public: only tokens need the keys. kubelet starts a pod with a volume at its next look, 300 ms later.
const ordersWithoutKeys = structuredClone(orders);
delete ordersWithoutKeys.template.spec.volumes;
delete ordersWithoutKeys.template.spec.containers[0].volumeMounts;

const subjects = [
  { what: 'hello', spec: hello, path: '/info' },
  { what: 'orders', spec: orders, path: '/catalog' },
  { what: 'orders-without-volume', spec: ordersWithoutKeys, path: '/catalog' },
  { what: 'go', spec: goServer, path: '/' },
];
const nameOf = (what: string, copy: number) => `cold-${what}-${copy}`;
const all = Array.from({ length: copies }, (_, copy) =>
  subjects.map((subject) => ({ ...subject, name: nameOf(subject.what, copy) })),
).flat();

const anyPods = async (): Promise<boolean> =>
  (await kube.list('pod', 'serving.knative.dev/service')).some(({ metadata }) =>
    metadata.name.startsWith('cold-'),
  );
const times = new Map<string, number[]>(subjects.map(({ what }) => [what, []]));

try {
  // A run that was killed leaves some.
  for (const { name } of all) await kube.remove('ksvc', name);
  for (const { name, spec } of all) await kube.create('ksvc', { kind: 'Service', metadata: { name }, spec });
  for (const { name } of all) await kube.ready('ksvc', name, 300_000);
  for (let round = 0; round * copies < runs; round++) {
    await until('all are at zero', async () => !(await anyPods()), 600_000);
    for (const { what, name, path } of all.slice(0, (runs - round * copies) * subjects.length)) {
      const began = performance.now();
      const { status, text } = await web.send(hostOf(name), path);
      const took = performance.now() - began;
      if (status !== 200) throw new Error(`${name}: ${status} ${text}`);
      times.get(what)?.push(took);
      console.error(`${name} ${Math.round(took)} ms`);
      // The pod that has just started settles, and the next one does not find kubelet at the same point.
      await sleep(500 + Math.random() * 1_000);
    }
  }
} finally {
  for (const { name } of all) await kube.remove('ksvc', name);
  close();
}

const base = median(times.get('go') ?? []);
console.table(
  Object.fromEntries(
    [...times].map(([what, took]) => {
      const [fast, slow] = twoModes(took);
      const round = (ms: number) => Math.round(ms);
      return [
        what,
        {
          runs: took.length,
          'least ms': round(Math.min(...took)),
          'p50 ms': round(median(took)),
          'of go': (median(took) / base).toFixed(2),
          'fast mode': `${fast.length} × ${round(median(fast))} ms`,
          'slow mode': `${slow.length} × ${round(median(slow))} ms`,
        },
      ];
    }),
  ),
);
