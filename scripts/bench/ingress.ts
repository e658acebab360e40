// What the ingress costs: the same function asked directly and through it, in turns, on the same cores.
import { buildFunctions } from '../../knative/local/images/build.ts';
import { createImageStore } from '../../knative/local/images/store.ts';
import { startDataPlane } from '../../knative/local/serving/testing/data-plane.ts';
import { load, type Seen } from './http-load.ts';

const rounds = Number(process.argv[2] ?? 5);
const seconds = 3;

const plane = await startDataPlane();
const images = createImageStore(plane.home);
const root = new URL('../..', import.meta.url).pathname;
const [hello] = await buildFunctions({
  root,
  home: plane.home,
  images,
  version: 'bench',
  functions: ['hello'],
});
await plane.run('hello', { imageDigest: hello?.digest ?? '' });
await plane.run('bare');
const port = Number(new URL(plane.external).port);

const measure = async (name: string) => {
  await plane.call(name, '/');
  const pod = plane.revisions.pods().find(({ service }) => service === name)?.port ?? 0;
  const host = `${name}.test.localhost`;
  const seen: Record<string, Seen[]> = { direct1: [], ingress1: [], direct40: [], ingress40: [] };
  const cpu: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    for (const connections of [1, 40]) {
      const direct = await load({ port: pod, host, connections, seconds });
      const before = process.cpuUsage();
      const through = await load({ port, host, connections, seconds });
      const { user, system } = process.cpuUsage(before);
      cpu.push((user + system) / (through.perSecond * seconds));
      // The first round warms both up.
      if (round === 0) continue;
      seen[`direct${connections}`]?.push(direct);
      seen[`ingress${connections}`]?.push(through);
    }
  }
  const median = (which: string, field: keyof Seen) => {
    const values = (seen[which] ?? []).map((one) => one[field]).sort((a, b) => a - b);
    return values[Math.floor(values.length / 2)] ?? Number.NaN;
  };
  const ms = (value: number) => `${value.toFixed(3)} ms`;
  const kept = median('ingress40', 'perSecond') / median('direct40', 'perSecond');
  return {
    'p50 direct': ms(median('direct1', 'p50')),
    'p50 through the ingress': ms(median('ingress1', 'p50')),
    'adds at p50': ms(median('ingress1', 'p50') - median('direct1', 'p50')),
    '40 connections, direct': `${median('direct40', 'perSecond')}/s`,
    '40 connections, ingress': `${median('ingress40', 'perSecond')}/s`,
    keeps: `${Math.round(100 * kept)} %`,
    'its time a request': `${Math.round(Math.min(...cpu))} µs`,
    failed: Object.values(seen)
      .flat()
      .reduce((sum, one) => sum + one.failed, 0),
  };
};

console.table({ 'hello (kit)': await measure('hello'), 'bare node:http': await measure('bare') });
await plane.stop();
