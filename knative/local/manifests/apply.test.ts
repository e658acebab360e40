import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { createAdmission } from '../admission/admission.ts';
import { sinkBindingMutator } from '../eventing/bind-sink.ts';
import { openStore } from '../store/testing.ts';
import type { WatchEvent } from '../store/types.ts';
import { type ApplyOptions, applyManifests } from './apply.ts';
import { loadManifests } from './load.ts';

type Open = Awaited<ReturnType<typeof openStore>>;
const ksvc = 'Service.serving.knative.dev';
const base = join(import.meta.dirname, '../../manifests/base');

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await freshDatabase();
  folder = await mkdtemp(join(tmpdir(), 'kagari apply '));
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

const open = () =>
  openStore(database.adminUrl, { admit: createAdmission({ mutators: [sinkBindingMutator] }) });

const apply = async (store: Open, yaml: string, options: ApplyOptions = {}) => {
  await writeFile(join(folder, 'all.yaml'), yaml);
  const manifests = await loadManifests(folder, { namespace: 'shop' });
  return applyManifests(store, manifests, { user: 'admin', ...options });
};

const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n---\n';
const service = (image: string, env = '', more = '') => `${namespace}apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: orders }
spec:
  ${more}
  template:
    spec:
      containers:
        - image: ${image}
          env: [${env}]
`;

it('our own manifests: a second apply writes nothing, and a Service has its sink from the first write on', async () => {
  const store = await open();
  const manifests = await loadManifests(base);
  const events: WatchEvent[] = [];
  store.watch(undefined, undefined, (event) => events.push(event));
  const first = await applyManifests(store, manifests, {
    user: 'admin',
    stamp: (image) => `sha256:${image}`,
  });
  expect(first.created).toHaveLength(manifests.length);
  expect(events.every((event) => event.type === 'ADDED')).toBe(true);
  const orders = store.get(ksvc, 'kagari', 'orders');
  expect(orders?.spec.template.metadata.annotations['kagari.dev/bundle']).toBe('sha256:dev.local/orders:dev');
  expect(
    orders?.spec.template.spec.containers[0].env.map((variable: { name: string }) => variable.name),
  ).toContain('K_SINK');
  expect(orders?.metadata.annotations?.['serving.knative.dev/creator']).toBe('admin');
  const second = await applyManifests(store, manifests, {
    user: 'admin',
    stamp: (image) => `sha256:${image}`,
  });
  expect(second.unchanged).toHaveLength(manifests.length);
  expect(events).toHaveLength(manifests.length);
  await store.close();
});

it('what was changed through the API stays; what changed in the YAML comes; what left it goes', async () => {
  const store = await open();
  const stamp = () => 'sha256:one';
  await apply(store, service('dev.local/orders:dev', '{ name: A, value: "1" }, { name: B, value: "2" }'), {
    stamp,
  });
  const made = store.get(ksvc, 'shop', 'orders');
  expect(made?.spec.template.metadata.annotations).toEqual({ 'kagari.dev/bundle': 'sha256:one' });
  expect(
    JSON.parse(made?.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'] ?? '')
      .metadata,
  ).toEqual({
    annotations: {},
    name: 'orders',
    namespace: 'shop',
  });

  const template = structuredClone(made?.spec.template);
  template.spec.containers[0].image = 'dev.local/orders:v2';
  template.spec.containers[0].env.push({ name: 'K', value: 'by kn' });
  const traffic = [{ revisionName: 'orders-00001', percent: 100, latestRevision: false }];
  const byKn = await store.update({ ...made, spec: { template, traffic } } as never);
  const again = await apply(
    store,
    service('dev.local/orders:dev', '{ name: A, value: "1" }, { name: B, value: "2" }'),
    {
      stamp: () => 'sha256:two',
    },
  );
  expect(again.unchanged).toHaveLength(2);
  expect(store.get(ksvc, 'shop', 'orders')).toBe(byKn);

  await apply(store, service('dev.local/orders:dev', '{ name: A, value: "7" }'), {
    stamp: () => 'sha256:two',
  });
  const merged = store.get(ksvc, 'shop', 'orders');
  expect(merged?.spec.template.spec.containers[0]).toMatchObject({
    image: 'dev.local/orders:v2',
    env: [
      { name: 'A', value: '7' },
      { name: 'K', value: 'by kn' },
    ],
  });
  expect(merged?.spec.template.metadata.annotations).toEqual({ 'kagari.dev/bundle': 'sha256:one' });
  expect(merged?.spec.traffic).toEqual(traffic);

  await apply(store, service('dev.local/orders:v3'), { stamp: () => 'sha256:three' });
  const moved = store.get(ksvc, 'shop', 'orders');
  expect(moved?.spec.template.spec.containers[0].image).toBe('dev.local/orders:v3');
  expect(moved?.spec.template.metadata.annotations).toEqual({ 'kagari.dev/bundle': 'sha256:three' });
  await store.close();
});

it('one mistake, and nothing of anything is written', async () => {
  const store = await open();
  const revision = store.revision();
  const broker = (config: string) => `apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: { name: immutable }
spec:
  config: { apiVersion: v1, kind: ConfigMap, name: ${config} }
`;
  const lost = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: nowhere }\n';
  await expect(apply(store, `${namespace}${broker('a')}---\n${lost}`)).rejects.toMatchObject({
    mistakes: [
      {
        line: 13,
        path: 'metadata.namespace',
        message: 'namespaces "nowhere" not found: add a Namespace "nowhere"',
      },
    ],
  });
  expect(store.revision()).toBe(revision);
  await apply(store, namespace + broker('a'));
  await expect(
    apply(store, `${namespace}${broker('b')}---\n${lost.replace('nowhere', 'shop')}`),
  ).rejects.toMatchObject({
    mistakes: [{ line: 9, path: 'spec.config', message: 'Immutable fields changed (-old +new)' }],
  });
  expect(store.get('ConfigMap', 'shop', 'a')).toBeUndefined();
  await store.close();
});

it('tells what is not honoured, with its object', async () => {
  const store = await open();
  const { warnings } = await apply(
    store,
    service('dev.local/warned:dev', '', 'traffic: [{ percent: 100 }]').replace(
      '          env',
      '          resources: { limits: { cpu: 1 } }\n          env',
    ),
  );
  expect(warnings).toEqual([
    'Service "orders": spec.template.spec.containers[0].resources is not honoured: processes are not limited',
  ]);
  await store.close();
});
