import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { breakableWay, openStore } from './testing.ts';
import type { KubeObject, NewObject, WatchEvent } from './types.ts';

let database: TestDatabase;
let sql: postgres.Sql;
beforeAll(async () => {
  database = await freshDatabase();
  sql = postgres(database.adminUrl, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

const service = (name: string, spec: object = {}, metadata: object = {}): NewObject => ({
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop', ...metadata },
  spec,
});
const configMap = (name: string, data: object = {}): NewObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop' },
  data,
});
const ksvc = 'Service.serving.knative.dev';
const ownedBy = ({ apiVersion, kind, metadata: { name, uid } }: KubeObject) => ({
  ownerReferences: [{ apiVersion, kind, name, uid }],
});

describe('writes', () => {
  it('raise the generation with the spec only, and write nothing when nothing changed', async () => {
    const store = await openStore(database.adminUrl);
    const made = await store.create(service('gen', { a: 1, b: [1, 2] }));
    const heard: WatchEvent[] = [];
    store.watch(ksvc, undefined, (event) => heard.push(event));
    expect(await store.update(service('gen', { b: [1, 2], a: 1, c: undefined }))).toBe(made);
    expect(heard).toEqual([]);
    const labelled = await store.update(service('gen', { a: 1, b: [1, 2] }, { labels: { x: 'y' } }));
    expect(labelled.metadata.generation).toBe(1);
    const withStatus = await store.updateStatus({ ...labelled, spec: { a: 5 }, status: { url: 'u' } });
    expect([withStatus.spec.a, withStatus.status.url, withStatus.metadata.generation]).toEqual([1, 'u', 1]);
    const changed = await store.update(service('gen', { a: 2 }));
    expect([changed.metadata.generation, changed.status.url, changed.metadata.labels]).toEqual([
      2,
      'u',
      undefined,
    ]);
    expect(await store.updateStatus(changed)).toBe(changed);
    expect(heard.map((event) => event.type)).toEqual(['MODIFIED', 'MODIFIED', 'MODIFIED']);
    await store.close();
  });

  it('refuse what Kubernetes refuses, with its words', async () => {
    const store = await openStore(database.adminUrl);
    const first = await store.create(service('words'));
    await expect(store.create(service('words'))).rejects.toMatchObject({
      reason: 'AlreadyExists',
      message: 'services.serving.knative.dev "words" already exists',
    });
    await store.update(service('words', { n: 2 }));
    await expect(store.update({ ...first, spec: { n: 3 } })).rejects.toMatchObject({
      reason: 'Conflict',
      code: 409,
      message:
        'Operation cannot be fulfilled on services.serving.knative.dev "words": the object has been modified; please apply your changes to the latest version and try again',
    });
    await expect(store.update(service('nowhere'))).rejects.toMatchObject({
      reason: 'NotFound',
      message: 'services.serving.knative.dev "nowhere" not found',
    });
    await expect(store.remove(ksvc, 'shop', 'words', { uid: 'other' })).rejects.toMatchObject({
      reason: 'Conflict',
    });
    await expect(store.create(service('a/b'))).rejects.toMatchObject({ reason: 'Invalid' });
    await expect(store.create({ ...service('x'), kind: 'Sarvice' })).rejects.toMatchObject({
      message: 'no matches for kind "Sarvice" in version "serving.knative.dev/v1"',
    });
    expect(store.get(ksvc, 'shop', 'words')?.spec).toEqual({ n: 2 });
    await store.close();
  });

  it('as a dry run answer what they would, and change nothing', async () => {
    const store = await openStore(database.adminUrl);
    const before = store.revision();
    const dryRun = true;
    expect(await store.create(service('dry', { a: 1 }), { dryRun })).toMatchObject({ spec: { a: 1 } });
    await expect(store.update(service('dry'), { dryRun })).rejects.toMatchObject({ reason: 'NotFound' });
    expect([store.get(ksvc, 'shop', 'dry'), store.revision()]).toEqual([undefined, before]);
    const made = await store.create(service('dry'));
    await store.remove(ksvc, 'shop', 'dry', { dryRun });
    expect(store.get(ksvc, 'shop', 'dry')).toBe(made);
    await store.close();
  });

  it('keep every string and key, over a restart', async () => {
    const store = await openStore(database.adminUrl);
    const data = { ['__proto__']: 'p', zero: '\u0000', lone: '\ud800', quote: '"\\{},\n', a: '1' };
    const made = await store.create(configMap('strings', data));
    await store.close();
    const again = await openStore(database.adminUrl);
    const found = again.get('ConfigMap', 'shop', 'strings');
    expect(found).toEqual(made);
    expect(Object.keys(found?.data)).toEqual(Object.keys(data));
    expect(Object.entries(found?.data).find(([key]) => key === '__proto__')?.[1]).toBe('p');
    await again.close();
  });

  it('hand out what nobody can change', async () => {
    const store = await openStore(database.adminUrl);
    const given = configMap('frozen', { a: '1' });
    const made = await store.create(given);
    given.data.a = '2';
    expect(() => {
      made.data.a = '3';
    }).toThrow(TypeError);
    expect(store.get('ConfigMap', 'shop', 'frozen')?.data).toEqual({ a: '1' });
    await store.close();
  });
});

describe('removal', () => {
  it('takes what was owned along, in one commit, but not what another owner still holds', async () => {
    const store = await openStore(database.adminUrl);
    const [one, two] = [await store.create(service('one')), await store.create(service('two'))];
    const child = await store.create({
      ...configMap('child'),
      metadata: { ...configMap('child').metadata, ...ownedBy(one) },
    });
    const both = { ownerReferences: [...ownedBy(one).ownerReferences, ...ownedBy(two).ownerReferences] };
    await store.create({ ...configMap('shared'), metadata: { ...configMap('shared').metadata, ...both } });
    await store.create({
      ...configMap('grandchild'),
      metadata: { ...configMap('grandchild').metadata, ...ownedBy(child) },
    });
    const heard: string[] = [];
    store.watch(undefined, undefined, (event) => heard.push(`${event.type} ${event.object.metadata.name}`));
    await store.remove(ksvc, 'shop', 'one');
    expect(heard).toEqual(['DELETED one', 'DELETED child', 'DELETED grandchild']);
    await store.remove(ksvc, 'shop', 'two');
    expect(heard.slice(3)).toEqual(['DELETED two', 'DELETED shared']);
    expect(
      await sql`select from kagari.objects where name in ('one', 'two', 'child', 'shared', 'grandchild')`,
    ).toHaveLength(0);
    await expect(
      store.create({
        ...configMap('orphan'),
        metadata: { ...configMap('orphan').metadata, ...ownedBy(one) },
      }),
    ).rejects.toMatchObject({ reason: 'Invalid' });
    await store.close();
  });

  it('of a Namespace ends all that lives in it', async () => {
    const store = await openStore(database.adminUrl);
    await store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'brief' } });
    await store.create(service('inside', {}, { namespace: 'brief' }));
    await store.create(service('outside', {}, { namespace: 'lasting' }));
    await store.remove('Namespace', undefined, 'brief');
    expect(store.list(ksvc, 'brief')).toEqual([]);
    expect(store.list(ksvc, 'lasting')).toHaveLength(1);
    await store.close();
  });
});

describe('watches', () => {
  it('go on from a resourceVersion without a gap, or say Expired', async () => {
    const store = await openStore(database.adminUrl, { historyLimit: 10 });
    const start = store.revision();
    for (let n = 0; n < 5; n++) await store.create(configMap(`w${n}`));
    const heard: string[] = [];
    store.watch('ConfigMap', start, (event) => heard.push(event.object.metadata.name));
    expect(heard).toEqual(['w0', 'w1', 'w2', 'w3', 'w4']);
    await store.remove('ConfigMap', 'shop', 'w4');
    expect(heard).toHaveLength(6);
    for (let n = 0; n < 25; n++) await store.update(configMap('w0', { n: String(n) }));
    expect(() => store.watch('ConfigMap', start, () => {})).toThrow(
      expect.objectContaining({ reason: 'Expired', code: 410 }),
    );
    expect(() => store.watch('ConfigMap', 'x', () => {})).toThrow(
      expect.objectContaining({ reason: 'BadRequest' }),
    );
    expect(() => store.watch('ConfigMap', '999999999', () => {})).toThrow(
      expect.objectContaining({ reason: 'Timeout' }),
    );
    await store.close();
    const again = await openStore(database.adminUrl);
    expect(() => again.watch('ConfigMap', start, () => {})).toThrow(
      expect.objectContaining({ reason: 'Expired' }),
    );
    again.watch('ConfigMap', store.revision(), () => {});
    await again.close();
  });

  it('started inside a listener hear only what comes after', async () => {
    const store = await openStore(database.adminUrl);
    const inner: string[] = [];
    let begun = false;
    store.watch('ConfigMap', undefined, () => {
      if (begun) return;
      begun = true;
      store.watch('ConfigMap', undefined, (event) => inner.push(event.object.metadata.name));
    });
    await Promise.all(['in1', 'in2', 'in3', 'in4'].map((name) => store.create(configMap(name))));
    await store.create(configMap('in5'));
    // in1 is a commit of its own, the three that waited are the next one
    expect(inner).toEqual(['in2', 'in3', 'in4', 'in5']);
    await store.close();
  });
});

describe('the database', () => {
  it('shuts an older store out when a newer one opens', async () => {
    const old = await openStore(database.adminUrl);
    const young = await openStore(database.adminUrl);
    await expect(old.create(configMap('too-late'))).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
    await expect(old.create(configMap('too-late'))).rejects.toMatchObject({ message: /another runtime/ });
    await young.create(configMap('too-late'));
    await old.close();
    await young.close();
  });

  it('gone for long: writes are refused, reads go on, and all heals when it is back', async () => {
    const way = await breakableWay(database.adminUrl);
    const store = await openStore(way.url, { patienceMs: 200 });
    await store.create(configMap('before-outage'));
    way.shut();
    const during = await Promise.allSettled([store.create(configMap('d1')), store.create(configMap('d2'))]);
    for (const outcome of during) {
      expect(outcome).toMatchObject({
        reason: { reason: expect.stringMatching(/^(Timeout|ServiceUnavailable)$/) },
      });
    }
    await expect(store.create(configMap('d3'))).rejects.toMatchObject({
      reason: 'ServiceUnavailable',
      code: 503,
    });
    expect(store.get('ConfigMap', 'shop', 'before-outage')).toBeDefined();
    way.reopen();
    await expect
      .poll(() => store.create(configMap('after-outage')).catch((error) => error.reason))
      .toHaveProperty('kind', 'ConfigMap');
    expect(store.get('ConfigMap', 'shop', 'd1')).toBeUndefined();
    await store.close();
    await way.close();
  });

  it('hung: a write ends in time, unknown, and is settled when it answers', async () => {
    const store = await openStore(database.adminUrl, { patienceMs: 150 });
    const blocker = postgres(database.adminUrl, { max: 1 });
    const [locked, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const held = blocker.begin(async (tx) => {
      await tx`select from kagari.clock for update`;
      locked.resolve();
      await release.promise;
    });
    await locked.promise;
    await expect(store.create(configMap('slow'))).rejects.toMatchObject({ reason: 'Timeout', code: 504 });
    release.resolve();
    await held;
    await expect
      .poll(() => store.create(configMap('quick')).catch((error) => error.reason))
      .toHaveProperty('kind');
    const slow = await sql`select from kagari.objects where name = 'slow'`;
    expect(store.get('ConfigMap', 'shop', 'slow') === undefined).toBe(slow.length === 0);
    await store.close();
    await blocker.end();
  });
});

it('200 services with 1,000 revisions: owners and names are found without looking at all', async () => {
  const store = await openStore(database.adminUrl);
  const services = await Promise.all(
    Array.from({ length: 200 }, (_, n) => store.create(service(`many-${n}`))),
  );
  const revision = (owner: KubeObject, n: number): NewObject => ({
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Revision',
    metadata: { name: `${owner.metadata.name}-0000${n}`, namespace: 'shop', ...ownedBy(owner) },
  });
  await Promise.all(
    services.flatMap((owner) => [1, 2, 3, 4, 5].map((n) => store.create(revision(owner, n)))),
  );
  const started = performance.now();
  for (let round = 0; round < 10; round++)
    for (const { metadata } of services) {
      expect(store.owned(metadata.uid, 'Revision.serving.knative.dev')).toHaveLength(5);
      store.get('Revision.serving.knative.dev', 'shop', `${metadata.name}-00003`);
    }
  expect((performance.now() - started) / 2_000).toBeLessThan(1);
  await store.close();
});
