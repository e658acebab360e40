// The Kubernetes API with 200 Services and 1,000 Revisions: how long its answers take, and what it keeps in memory.
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { functionDatabases } from '../../db/functions.ts';
import { migrate } from '../../db/migrate.ts';
import { startPostgres } from '../../db/postgres/launcher.ts';
import { startTestApi } from '../../knative/local/api/testing/api.ts';
import { startControlPlane } from '../../knative/local/api/testing/control-plane.ts';
import { service, services, serving, table as tableFormat } from '../../knative/local/api/testing/objects.ts';

const manyServices = 200;
const revisionsOfEach = 5;
const rounds = 50;

const home = await mkdtemp(join(tmpdir(), 'kagari-bench-'));
await chmod(home, 0o755);
const postgres = await startPostgres({
  home,
  log: { info: () => {}, warn: (_, message) => console.warn(message) },
});
const url = postgres.adminUrl('postgres');
await migrate(url, { passwords: Object.fromEntries(functionDatabases.map((fn) => [fn, 'of-a-bench'])) });
const api = await startTestApi(url);
const plane = await startControlPlane(url, api.store, api.pods);

const memory = () => {
  global.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const megabytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MB`;
  return `${megabytes(rss)} resident, ${megabytes(heapUsed)} of it live objects`;
};
const names = Array.from({ length: manyServices }, (_, index) => `service-${String(index).padStart(3, '0')}`);
const memoryBefore = memory();

for (let round = 1; round <= revisionsOfEach; round++)
  for (const name of names) {
    const env = Object.fromEntries(
      Array.from({ length: 8 }, (_, index) => [`VARIABLE_${index}`, `value ${round}`]),
    );
    const standing = api.store.get('Service.serving.knative.dev', 'kagari', name);
    const { spec } = service(name, env);
    if (standing)
      await api.store.update({ ...standing, spec: { ...standing.spec, ...spec } }, { user: 'admin' });
    else await api.ask('POST', services, { body: service(name, env) });
  }
const revisions = () => api.store.list('Revision.serving.knative.dev').length;
while (revisions() < manyServices * revisionsOfEach) await sleep(100);
await sleep(2_000);
const memoryFull = memory();

const table: Record<string, Record<string, string>> = {};
const latencies = async (what: string, work: () => Promise<unknown>) => {
  const ms: number[] = [];
  for (let round = 0; round < rounds + 5; round++) {
    const began = performance.now();
    await work();
    if (round >= 5) ms.push(performance.now() - began);
  }
  ms.sort((a, b) => a - b);
  const at = (part: number) => `${(ms[Math.floor(ms.length * part)] ?? Number.NaN).toFixed(1)} ms`;
  table[what] = { p50: at(0.5), p95: at(0.95) };
};

await latencies('GET one Service', () => api.ask('GET', `${services}/service-100`));
await latencies('list Services (kn service list)', () => api.ask('GET', services));
await latencies('list Services as a Table', () => api.ask('GET', services, { accept: tableFormat }));
await latencies('list Revisions (kn revision list)', () =>
  api.ask('GET', `${serving}/namespaces/kagari/revisions`),
);
await latencies('list Revisions by label', () =>
  api.ask(
    'GET',
    `${serving}/namespaces/kagari/revisions?labelSelector=serving.knative.dev/service%3Dservice-100`,
  ),
);
await latencies('list Pods', () => api.ask('GET', '/api/v1/pods'));
let value = 0;
await latencies('merge patch of a Service', () =>
  api.ask('PATCH', `${services}/service-100`, {
    type: 'application/merge-patch+json',
    body: { metadata: { annotations: { value: String(value++) } } },
  }),
);
const kn = process.env.KN;
if (kn) {
  const env = { ...process.env, KUBECONFIG: api.kubeconfig };
  await latencies('kn service list, the whole program', () =>
    promisify(execFile)(kn, ['service', 'list'], { env, maxBuffer: 1e8 }),
  );
}

console.log(
  `${manyServices} Services, ${revisions()} Revisions, ${api.pods.pods().length} Pods, Node ${process.version}, ${availableParallelism()} cores`,
);
console.table(table);
console.log(`This whole process, client and controllers included (--expose-gc for exact figures):`);
console.log(`  empty: ${memoryBefore}
  full: ${memoryFull}
  after all of this: ${memory()}`);

await plane.stop();
await api.stop();
await postgres.stop();
await rm(home, { recursive: true, force: true });
