import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.ts';
import { createAdmission } from '../../admission/admission.ts';
import { openStore } from '../../store/testing.ts';
import type { KubeObject, NewObject } from '../../store/types.ts';
import { configurationKind, revisionKind, routeKind, serviceKind } from './names.ts';
import { digestOf, startServing } from './testing.ts';

let database: TestDatabase;
let store: Awaited<ReturnType<typeof openStore>>;
let world: ReturnType<typeof startServing>;
let namespace: string;
let count = 0;

const open = () => openStore(database.adminUrl, { admit: createAdmission() });
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  store = await open();
  namespace = `n${count++}`;
  await store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  world = startServing(store);
});
afterEach(async () => {
  await store.remove('Namespace', undefined, namespace);
  await world.stop();
  await store.close();
});

const restart = async (port?: number) => {
  await world.stop();
  await store.close();
  store = await open();
  world = startServing(store, port ? { port } : {});
  await world.settled();
};

interface Wish {
  image?: string;
  traffic?: object[];
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  container?: object;
  spec?: object;
}
const service = (
  name: string,
  { image = 'good-1', traffic, labels, annotations, container, spec }: Wish = {},
): NewObject => ({
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Service',
  metadata: { name, namespace, ...(labels && { labels }) },
  spec: {
    template: {
      ...(annotations && { metadata: { annotations } }),
      spec: { containers: [{ image: `dev.local/${image}:dev`, ...container }], ...spec },
    },
    ...(traffic && { traffic }),
  },
});
const put = async (name: string, wish?: Wish) => {
  const wanted = service(name, wish);
  const standing = store.get(serviceKind, namespace, name);
  const annotations = standing?.metadata.annotations ?? {};
  const written = standing
    ? await store.update({ ...wanted, metadata: { ...wanted.metadata, annotations } }, { user: 'me' })
    : await store.create(wanted, { user: 'me' });
  await world.settled();
  return written;
};
const get = (kind: string, name: string) => {
  const found = store.get(kind, namespace, name);
  if (!found) throw new Error(`no ${kind} ${name}`);
  return found;
};
const conditions = (object: KubeObject) =>
  Object.fromEntries(
    object.status.conditions.map(
      (condition: { type: string; status: string; reason?: string; message?: string }) => [
        condition.type,
        [condition.status, condition.reason, condition.message].filter((part) => part !== undefined),
      ],
    ),
  );
const at = (host: string) => world.shares(host);
const key = (revision: string) => `${namespace}/${revision}`;

describe('a new Service', () => {
  it("becomes Configuration, Revision and Route with Knative's names, labels, annotations and statuses", async () => {
    const made = await put('orders', {
      labels: { team: 'shop' },
      annotations: { 'autoscaling.knative.dev/min-scale': '1' },
    });
    const configuration = get(configurationKind, 'orders');
    const revision = get(revisionKind, 'orders-00001');
    const route = get(routeKind, 'orders');
    expect(configuration.metadata).toMatchObject({
      generation: 1,
      labels: {
        team: 'shop',
        'serving.knative.dev/service': 'orders',
        'serving.knative.dev/serviceUID': made.metadata.uid,
      },
      annotations: { 'serving.knative.dev/creator': 'me', 'serving.knative.dev/routes': 'orders' },
      ownerReferences: [
        {
          kind: 'Service',
          name: 'orders',
          uid: made.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    });
    expect(revision.metadata).toMatchObject({
      labels: {
        'serving.knative.dev/service': 'orders',
        'serving.knative.dev/serviceUID': made.metadata.uid,
        'serving.knative.dev/configuration': 'orders',
        'serving.knative.dev/configurationUID': configuration.metadata.uid,
        'serving.knative.dev/configurationGeneration': '1',
        'serving.knative.dev/routingState': 'active',
      },
      annotations: {
        'autoscaling.knative.dev/min-scale': '1',
        'serving.knative.dev/creator': 'me',
        'serving.knative.dev/routes': 'orders',
        'serving.knative.dev/routingStateModified': expect.stringMatching(/^\d{4}-.*Z$/),
      },
      ownerReferences: [
        { kind: 'Configuration', name: 'orders', uid: configuration.metadata.uid, controller: true },
      ],
    });
    expect(conditions(revision)).toEqual({
      Active: ['True'],
      ContainerHealthy: ['True'],
      Ready: ['True'],
      ResourcesAvailable: ['True'],
    });
    expect(revision.status).toMatchObject({
      observedGeneration: 1,
      actualReplicas: 1,
      desiredReplicas: 1,
      containerStatuses: [
        { name: 'user-container', imageDigest: `dev.local/good-1@${digestOf('dev.local/good-1:dev')}` },
      ],
    });
    expect(route.spec.traffic).toEqual([{ configurationName: 'orders', latestRevision: true, percent: 100 }]);
    const url = `http://orders.${namespace}.localhost:8080`;
    const address = { url: `http://orders.${namespace}.svc.cluster.local` };
    const traffic = [{ latestRevision: true, percent: 100, revisionName: 'orders-00001' }];
    expect(route.status).toMatchObject({ observedGeneration: 1, url, address, traffic });
    expect(conditions(route)).toEqual({
      AllTrafficAssigned: ['True'],
      CertificateProvisioned: ['True', 'TLSNotEnabled', 'external-domain-tls is not enabled'],
      IngressReady: ['True'],
      Ready: ['True'],
    });
    expect(get(serviceKind, 'orders').status).toEqual({
      observedGeneration: 1,
      conditions: ['ConfigurationsReady', 'Ready', 'RoutesReady'].map((type) => ({
        type,
        status: 'True',
        lastTransitionTime: expect.any(String),
      })),
      latestCreatedRevisionName: 'orders-00001',
      latestReadyRevisionName: 'orders-00001',
      url,
      address,
      traffic,
    });
    expect(world.pods.revisions.get(key('orders-00001') as never)?.spec).toMatchObject({
      service: 'orders',
      configuration: 'orders',
      imageDigest: digestOf('dev.local/good-1:dev'),
      scaling: { minScale: 1, target: 100, targetUtilization: 0.7, windowMs: 60_000 },
    });
  });

  it('is served at its public name and at its names inside; a cluster-local one inside only', async () => {
    await put('pub');
    await put('priv', { labels: { 'networking.knative.dev/visibility': 'cluster-local' } });
    const whole = { [key('pub-00001')]: 100 };
    for (const host of ['localhost', 'svc.cluster.local', 'svc'])
      expect(at(`pub.${namespace}.${host}`)).toEqual(whole);
    expect(at(`pub.${namespace}`)).toEqual(whole);
    expect(world.table.find(`pub.${namespace}.localhost`)?.public).toBe(true);
    expect(world.table.find(`pub.${namespace}.svc`)?.public).toBe(false);
    expect(at(`priv.${namespace}.localhost`)).toBeUndefined();
    expect(world.table.find(`priv.${namespace}.svc.cluster.local`)?.public).toBe(false);
    const priv = get(serviceKind, 'priv');
    expect(priv.status.url).toBe(`http://priv.${namespace}.svc.cluster.local`);
    expect(conditions(get(routeKind, 'priv')).CertificateProvisioned).toEqual([
      'True',
      'TLSNotEnabled',
      'TLS is not enabled for cluster-local',
    ]);
  });
});

describe('a new template', () => {
  it('gets the traffic once it is ready, not before', async () => {
    await put('s');
    await put('s', { image: 'slow' });
    expect(get(serviceKind, 's').status).toMatchObject({
      latestCreatedRevisionName: 's-00002',
      latestReadyRevisionName: 's-00001',
    });
    expect(conditions(get(serviceKind, 's')).Ready?.[0]).toBe('Unknown');
    expect(conditions(get(revisionKind, 's-00002'))).toMatchObject({
      Active: ['Unknown', 'Queued', expect.any(String)],
      Ready: ['Unknown', 'Deploying'],
    });
    expect(at(`s.${namespace}.localhost`)).toEqual({ [key('s-00001')]: 100 });
    world.pods.finish(key('s-00002') as never);
    await world.settled();
    expect(at(`s.${namespace}.localhost`)).toEqual({ [key('s-00002')]: 100 });
    expect(conditions(get(serviceKind, 's')).Ready).toEqual(['True']);
    expect(get(revisionKind, 's-00001').metadata).toMatchObject({
      labels: { 'serving.knative.dev/routingState': 'reserve' },
    });
    expect(get(revisionKind, 's-00001').metadata.annotations).not.toHaveProperty([
      'serving.knative.dev/routes',
    ]);
    expect(world.pods.revisions.get(key('s-00001') as never)?.standing.reachable).toBe(false);
  });

  it('whose program exits keeps the old one serving, and says why', async () => {
    await put('s');
    await put('s', { image: 'bad' });
    expect(conditions(get(revisionKind, 's-00002'))).toMatchObject({
      ContainerHealthy: ['False', 'ExitCode1', 'Container failed with: boom'],
      Ready: ['False', 'ExitCode1', 'Container failed with: boom'],
    });
    const message = 'Revision "s-00002" failed with message: Container failed with: boom.';
    expect(conditions(get(serviceKind, 's'))).toEqual({
      ConfigurationsReady: ['False', 'RevisionFailed', message],
      Ready: ['False', 'RevisionFailed', message],
      RoutesReady: ['True'],
    });
    expect(at(`s.${namespace}.localhost`)).toEqual({ [key('s-00001')]: 100 });
    await put('s', { image: 'good-3' });
    expect(at(`s.${namespace}.localhost`)).toEqual({ [key('s-00003')]: 100 });
    expect(conditions(get(serviceKind, 's')).Ready).toEqual(['True']);
  });

  it('with an image that is not there says so', async () => {
    await put('s', { image: 'missing' });
    const message =
      'Unable to fetch image "dev.local/missing:dev": failed to resolve image to digest: no such image in the local image store; build it, or bring it in with `kagari image import`';
    expect(conditions(get(revisionKind, 's-00001'))).toMatchObject({
      ContainerHealthy: ['False', 'ContainerMissing', message],
      Ready: ['False', 'ContainerMissing', message],
    });
    expect(conditions(get(serviceKind, 's'))).toMatchObject({
      ConfigurationsReady: ['False', 'RevisionFailed', `Revision "s-00001" failed with message: ${message}.`],
      RoutesReady: ['False', 'RevisionMissing', 'Configuration "s" does not have any ready Revision.'],
    });
  });

  it('that cannot be configured says what is missing, and is given up after its progress deadline', async () => {
    await put('s', { image: 'stuck', annotations: { 'serving.knative.dev/progress-deadline': '1s' } });
    expect(conditions(get(revisionKind, 's-00001')).Ready).toEqual([
      'Unknown',
      'CreateContainerConfigError',
      'secret "s" not found',
    ]);
    await expect
      .poll(() => conditions(get(revisionKind, 's-00001')).Ready, { timeout: 5_000 })
      .toEqual(['False', 'CreateContainerConfigError', 'secret "s" not found']);
    await put('t', { image: 'slow', annotations: { 'serving.knative.dev/progress-deadline': '1s' } });
    await expect
      .poll(() => conditions(get(revisionKind, 't-00001')).Ready, { timeout: 5_000 })
      .toEqual(['False', 'ProgressDeadlineExceeded', 'Initial scale was never achieved']);
    await restart();
    expect(world.pods.starts).toEqual([]);
    expect(conditions(get(revisionKind, 't-00001')).Ready?.[1]).toBe('ProgressDeadlineExceeded');
  });

  it('that changes nothing makes nothing', async () => {
    const first = await put('s');
    const revision = store.revision();
    await put('s');
    expect(store.get(serviceKind, namespace, 's')?.metadata.generation).toBe(first.metadata.generation);
    expect(store.revision()).toBe(revision);
  });

  it('with a name of its own is that Revision, and no other one of that name', async () => {
    const named = (name: string, image: string) => {
      const wanted = service('s', { image });
      wanted.spec.template.metadata = { name };
      return wanted;
    };
    await store.create(named('s-blue', 'good-1'));
    await world.settled();
    expect(at(`s.${namespace}.localhost`)).toEqual({ [key('s-blue')]: 100 });
    await store.update(named('s-green', 'good-2'));
    await world.settled();
    expect(at(`s.${namespace}.localhost`)).toEqual({ [key('s-green')]: 100 });
    await store.update(named('s-blue', 'good-3'));
    await world.settled();
    expect(conditions(get(serviceKind, 's')).RoutesReady).toEqual([
      'False',
      'RevisionNameTaken',
      'The revision name "s-blue" is taken by a conflicting Revision, so traffic will not be migrated',
    ]);
    expect(at(`s.${namespace}.localhost`)).toEqual({ [key('s-green')]: 100 });
  });

  it('of a Service with a long name gets a name that fits', async () => {
    const long = 'a'.repeat(60);
    await put(long);
    const [revision] = store.list(revisionKind, namespace);
    expect(revision?.metadata.name).toMatch(/^a{25}[0-9a-f]{32}-00001$/);
    expect(conditions(get(serviceKind, long)).Ready).toEqual(['True']);
  });
});

describe('traffic', () => {
  it('splits by percent, tags have names of their own, pinned stays pinned', async () => {
    await put('s');
    const traffic = [
      { revisionName: 's-00001', percent: 90, tag: 'stable' },
      { latestRevision: true, percent: 10 },
      { latestRevision: true, percent: 0, tag: 'candidate' },
    ];
    await put('s', { image: 'good-2', traffic });
    expect(at(`s.${namespace}.localhost`)).toEqual({ [key('s-00001')]: 90, [key('s-00002')]: 10 });
    expect(at(`stable-s.${namespace}.localhost`)).toEqual({ [key('s-00001')]: 100 });
    expect(at(`candidate-s.${namespace}.svc.cluster.local`)).toEqual({ [key('s-00002')]: 100 });
    expect(get(serviceKind, 's').status.traffic).toEqual([
      {
        tag: 'stable',
        revisionName: 's-00001',
        latestRevision: false,
        percent: 90,
        url: `http://stable-s.${namespace}.localhost:8080`,
      },
      { revisionName: 's-00002', latestRevision: true, percent: 10 },
      {
        tag: 'candidate',
        revisionName: 's-00002',
        latestRevision: true,
        percent: 0,
        url: `http://candidate-s.${namespace}.localhost:8080`,
      },
    ]);
    const pinned = [{ revisionName: 's-00001', percent: 100 }];
    await put('s', { image: 'good-2', traffic: pinned });
    await put('s', { image: 'good-3', traffic: pinned });
    expect(at(`s.${namespace}.localhost`)).toEqual({ [key('s-00001')]: 100 });
    expect(at(`stable-s.${namespace}.localhost`)).toBeUndefined();
    expect(get(serviceKind, 's').status).toMatchObject({
      latestReadyRevisionName: 's-00003',
      traffic: [{ revisionName: 's-00001' }],
    });
    expect(conditions(get(serviceKind, 's')).Ready).toEqual(['True']);
  });

  it("to what is not there, or is another's, moves nothing and says why", async () => {
    await put('s');
    await put('other');
    await put('s', { traffic: [{ revisionName: 's-00009', percent: 100 }] });
    expect(conditions(get(serviceKind, 's')).RoutesReady).toEqual([
      'False',
      'RevisionMissing',
      'Revision "s-00009" referenced in traffic not found.',
    ]);
    expect(at(`s.${namespace}.localhost`)).toEqual({ [key('s-00001')]: 100 });
    await put('s', { traffic: [{ revisionName: 'other-00001', percent: 100 }] });
    expect(conditions(get(serviceKind, 's')).RoutesReady).toEqual([
      'False',
      'RevisionNotOwned',
      'Revision "other-00001" belongs to Service "other", not Service "s".',
    ]);
    expect(at(`s.${namespace}.localhost`)).toEqual({ [key('s-00001')]: 100 });
  });

  it('to a tag that makes too long a name, or one that another Service has, says so', async () => {
    const tag = 'b'.repeat(60);
    await put('long', { traffic: [{ latestRevision: true, percent: 100, tag }] });
    expect(conditions(get(routeKind, 'long')).AllTrafficAssigned).toEqual([
      'False',
      'ErrorConfig',
      expect.stringContaining('must be no more than 63 characters'),
    ]);
    await put('x-y');
    await put('y', { traffic: [{ latestRevision: true, percent: 100, tag: 'x' }] });
    expect(conditions(get(routeKind, 'y')).IngressReady).toEqual([
      'False',
      'NotOwned',
      'There is an existing placeholder Service "x-y" that we do not own.',
    ]);
    expect(at(`x-y.${namespace}.localhost`)).toEqual({ [key('x-y-00001')]: 100 });
  });

  it("of a Route that belongs to no Service leads to any Configuration's Revisions", async () => {
    await put('s');
    await store.create({
      apiVersion: 'serving.knative.dev/v1',
      kind: 'Route',
      metadata: { name: 'alone', namespace },
      spec: { traffic: [{ configurationName: 's', percent: 100 }] },
    });
    await world.settled();
    expect(at(`alone.${namespace}.localhost`)).toEqual({ [key('s-00001')]: 100 });
    expect(get(revisionKind, 's-00001').metadata.annotations?.['serving.knative.dev/routes']).toBe('alone,s');
    await put('s', { image: 'good-2' });
    expect(at(`alone.${namespace}.localhost`)).toEqual({ [key('s-00002')]: 100 });
    await store.remove(routeKind, namespace, 'alone');
    await world.settled();
    expect(at(`alone.${namespace}.localhost`)).toBeUndefined();
    expect(get(revisionKind, 's-00002').metadata.annotations?.['serving.knative.dev/routes']).toBe('s');
  });

  it('comes to a DomainMapping, too', async () => {
    const mapping = (name: string): NewObject => ({
      apiVersion: 'serving.knative.dev/v1beta1',
      kind: 'DomainMapping',
      metadata: { name, namespace },
      spec: { ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 's' } },
    });
    const host = `${namespace}.example.com`;
    await store.create(mapping(host));
    await world.settled();
    expect(conditions(get('DomainMapping.serving.knative.dev', host)).Ready).toEqual([
      'False',
      'ResolveFailed',
      'services.serving.knative.dev "s" not found',
    ]);
    await put('s');
    expect(at(host)).toEqual({ [key('s-00001')]: 100 });
    expect(get('DomainMapping.serving.knative.dev', host).status.url).toBe(`http://${host}:8080`);
    await put('s', { image: 'good-2' });
    expect(at(host)).toEqual({ [key('s-00002')]: 100 });
    await store.remove('DomainMapping.serving.knative.dev', namespace, host);
    await world.settled();
    expect(at(host)).toBeUndefined();
  });
});

describe('a restart', () => {
  it('writes nothing, starts nothing that was idle, and routes as before', async () => {
    await put('s');
    await put('s', {
      image: 'good-2',
      traffic: [
        { revisionName: 's-00001', percent: 50 },
        { latestRevision: true, percent: 50 },
      ],
    });
    await put('b', { image: 'bad' });
    await world.scaleToZero();
    await world.settled();
    const before = store.revision();
    await restart();
    expect(store.revision()).toBe(before);
    expect(world.pods.starts).toEqual([key('b-00001')]);
    expect(world.pods.revisions.get(key('s-00001') as never)?.standing).toMatchObject({
      proven: true,
      scale: 0,
    });
    expect(at(`s.${namespace}.localhost`)).toEqual({ [key('s-00001')]: 50, [key('s-00002')]: 50 });
  });

  it('wakes what may have had work in hand, whatever its pods did since', async () => {
    await put('s');
    await world.scaleToZero();
    await world.settled();
    expect(get(revisionKind, 's-00001').status.desiredReplicas).toBe(0);
    await world.serving.markActive(key('s-00001') as never);
    expect(get(revisionKind, 's-00001').status.desiredReplicas).toBe(1);
    await restart();
    expect(world.pods.starts).toEqual([key('s-00001')]);
    world.pods.tell(key('s-00001') as never, { desired: 0, ready: 0 });
    await world.settled();
    expect(get(revisionKind, 's-00001').status).toMatchObject({ desiredReplicas: 1, actualReplicas: 0 });
    await world.serving.markIdle(key('s-00001') as never);
    expect(get(revisionKind, 's-00001').status.desiredReplicas).toBe(0);
    await restart();
    expect(world.pods.starts).toEqual([]);
  });

  it('on another port names that port', async () => {
    await put('s');
    await restart(80);
    expect(get(serviceKind, 's').status.url).toBe(`http://s.${namespace}.localhost`);
  });
});

describe('statuses', () => {
  it('of replica counts are written together, those that decide something at once', async () => {
    await put('s');
    const before = Number(store.revision());
    for (let ready = 1; ready <= 20; ready++)
      world.pods.tell(key('s-00001') as never, { desired: 20, ready });
    await world.settled();
    expect(Number(store.revision())).toBe(before);
    await expect.poll(() => get(revisionKind, 's-00001').status.actualReplicas).toBe(20);
    expect(Number(store.revision())).toBe(before + 1);
    world.pods.tell(key('s-00001') as never, { desired: 0, ready: 0 });
    await world.settled();
    expect(conditions(get(revisionKind, 's-00001')).Active).toEqual([
      'False',
      'NoTraffic',
      'The target is not receiving traffic.',
    ]);
  });

  it('of pods that break later say so, and the traffic stays', async () => {
    await put('s');
    world.pods.tell(key('s-00001') as never, {
      ready: 0,
      failure: { reason: 'ExitCode3', message: 'gone', exitCode: 3 },
    });
    await world.settled();
    expect(conditions(get(serviceKind, 's')).Ready?.[0]).toBe('False');
    expect(at(`s.${namespace}.localhost`)).toEqual({ [key('s-00001')]: 100 });
    world.pods.finish(key('s-00001') as never);
    await world.settled();
    expect(conditions(get(serviceKind, 's')).Ready).toEqual(['True']);
  });

  it('take few writes: a Service at most sixteen until it is Ready, a new Revision at most fourteen', async () => {
    const before = Number(store.revision());
    await put('s');
    const first = Number(store.revision());
    await put('s', { image: 'good-2' });
    expect(first - before).toBeLessThanOrEqual(16);
    expect(Number(store.revision()) - first).toBeLessThanOrEqual(14);
  });
});

describe('removal', () => {
  it('of a Service ends its pods and its hosts, and it can be made again at once', async () => {
    await put('s');
    await store.remove(serviceKind, namespace, 's');
    await store.create(service('s', { image: 'good-9' }));
    await world.settled();
    expect(world.pods.removed).toEqual([key('s-00001')]);
    expect(world.pods.revisions.get(key('s-00001') as never)?.spec.imageDigest).toBe(
      digestOf('dev.local/good-9:dev'),
    );
    expect(conditions(get(serviceKind, 's')).Ready).toEqual(['True']);
    await store.remove(serviceKind, namespace, 's');
    await world.settled();
    expect(at(`s.${namespace}.localhost`)).toBeUndefined();
    expect(store.list(revisionKind, namespace)).toEqual([]);
  });

  it('of what a Service owns brings it back', async () => {
    await put('s');
    await store.remove(routeKind, namespace, 's');
    await world.settled();
    expect(at(`s.${namespace}.localhost`)).toEqual({ [key('s-00001')]: 100 });
    await store.remove(revisionKind, namespace, 's-00001');
    await world.settled();
    expect(conditions(get(serviceKind, 's')).Ready).toEqual(['True']);
    expect(world.pods.removed).toEqual([key('s-00001')]);
  });

  it("another's Configuration of the same name is left alone", async () => {
    await store.create({
      apiVersion: 'serving.knative.dev/v1',
      kind: 'Configuration',
      metadata: { name: 's', namespace },
      spec: { template: { spec: { containers: [{ image: 'dev.local/good-7:dev' }] } } },
    });
    await world.settled();
    await put('s');
    expect(conditions(get(serviceKind, 's')).Ready).toEqual([
      'False',
      'NotOwned',
      'There is an existing Configuration "s" that we do not own.',
    ]);
    await store.remove(configurationKind, namespace, 's');
    await world.settled();
    expect(conditions(get(serviceKind, 's')).Ready).toEqual(['True']);
  });
});

it('files of pods follow their ConfigMaps and Secrets', async () => {
  const configMap = (text: string): NewObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', namespace },
    data: { 'a.txt': text },
  });
  await store.create(configMap('1'));
  await put('s', {
    container: { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
    spec: { volumes: [{ name: 'v', configMap: { name: 'c' } }] },
  });
  expect(await world.serving.context(key('s-00001') as never)).toEqual({
    env: {},
    volumes: [{ mountPath: '/v', files: { 'a.txt': '1' } }],
  });
  await store.update(configMap('2'));
  expect(world.pods.refreshed).toEqual([key('s-00001')]);
  await restart();
  await store.update(configMap('3'));
  expect(world.pods.refreshed).toEqual([key('s-00001')]);
});
