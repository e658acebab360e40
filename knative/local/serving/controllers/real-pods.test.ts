import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.ts';
import { createAdmission } from '../../admission/admission.ts';
import { createImageStore } from '../../images/store.ts';
import { readyOf } from '../../store/conditions.ts';
import { openStore, testLog } from '../../store/testing.ts';
import type { NewObject } from '../../store/types.ts';
import { type DataPlane, startDataPlane } from '../testing/data-plane.ts';
import { revisionKind, serviceKind } from './names.ts';
import { createServing, type Serving } from './serving.ts';

let database: TestDatabase;
let store: Awaited<ReturnType<typeof openStore>>;
let plane: DataPlane;
let serving: Serving;

beforeAll(async () => {
  database = await freshDatabase();
  store = await openStore(database.adminUrl, { admit: createAdmission() });
  plane = await startDataPlane({
    context: (key) => serving.context(key),
    onState: (key, state) => serving.onState(key, state),
    markActive: (key) => serving.markActive(key),
    markIdle: (key) => serving.markIdle(key),
  });
  const domain = { name: 'localhost', port: 8080 };
  serving = createServing({
    store,
    images: createImageStore(plane.home),
    table: plane.table,
    domain,
    log: testLog(),
  });
  await plane.importServer();
  serving.start(plane.revisions);
  await store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'test' } });
});
afterAll(async () => {
  await serving.stop();
  await plane.stop();
  await store.close();
  await database.drop();
});

const service = (env: object[], annotations: Record<string, string> = {}): NewObject => ({
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Service',
  metadata: { name: 'real', namespace: 'test' },
  spec: {
    template: {
      metadata: { annotations },
      spec: {
        containers: [
          {
            image: 'dev.local/server:dev',
            env,
            readinessProbe: { httpGet: { path: '/' } },
            volumeMounts: [{ name: 'conf', mountPath: '/etc/conf' }],
          },
        ],
        volumes: [{ name: 'conf', configMap: { name: 'conf' } }],
      },
    },
  },
});
const ready = () => readyOf(store.get(serviceKind, 'test', 'real'));
const revision = (name: string) => store.get(revisionKind, 'test', name);

it('a Service runs as a process with what its Secrets and ConfigMaps say, once they are there', async () => {
  await store.create(
    service([{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'token', key: 'value' } } }]),
  );
  await expect
    .poll(() => readyOf(revision('real-00001')), { timeout: 10_000 })
    .toMatchObject({
      status: 'Unknown',
      reason: 'CreateContainerConfigError',
      message: 'secret "token" not found',
    });
  await store.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'conf', namespace: 'test' },
    data: { 'a.txt': 'one' },
  });
  await store.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'token', namespace: 'test' },
    stringData: { value: 'hush' },
  });
  await expect.poll(ready, { timeout: 30_000 }).toMatchObject({ status: 'True' });
  const env = JSON.parse((await plane.call('real', '/env')).body);
  expect(env).toMatchObject({ TOKEN: 'hush', K_SERVICE: 'real', K_REVISION: 'real-00001' });
});

it('is noted as active in the database before its first request is in a pod', async () => {
  const sql = postgres(database.adminUrl, { max: 1 });
  const desired = async () => {
    const [row] = await sql<{ desired: number }[]>`
      select (object -> 'status' ->> 'desiredReplicas')::int as desired from kagari.objects
      where kind = ${revisionKind} and name = 'real-00001'`;
    return row?.desired;
  };
  const running = plane.call('real', '/slow?ms=200');
  await expect
    .poll(async () => Number((await plane.call('real', '/in-hand')).body), { interval: 5 })
    .toBeGreaterThan(0);
  expect(await desired()).toBeGreaterThan(0);
  await running;
  await sql.end();
});

it('a template that exits at once leaves the old one serving and says so', async () => {
  const standing = store.get(serviceKind, 'test', 'real');
  const broken = service([
    { name: 'START_EXIT', value: '7' },
    { name: 'START_SAY', value: 'cannot find the moon' },
  ]);
  await store.update({
    ...broken,
    metadata: { ...broken.metadata, annotations: standing?.metadata.annotations ?? {} },
  });
  await expect.poll(ready, { timeout: 20_000 }).toMatchObject({
    status: 'False',
    reason: 'RevisionFailed',
    message: expect.stringContaining('cannot find the moon'),
  });
  expect(readyOf(revision('real-00002'))).toMatchObject({ status: 'False', reason: 'ExitCode7' });
  expect((await plane.call('real', '/env')).status).toBe(200);
});

it('a removed Service is answered no more', async () => {
  await store.remove(serviceKind, 'test', 'real');
  await expect.poll(() => plane.table.find('real.test.localhost')).toBeUndefined();
  await expect.poll(() => plane.revisions.pods(), { timeout: 10_000 }).toEqual([]);
});
