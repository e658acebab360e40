import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.ts';
import { startTestApi, type TestApi } from '../testing/api.ts';
import type { Told } from '../testing/client.ts';
import { configMap, configMaps, table } from '../testing/objects.ts';

let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startTestApi(database.adminUrl, { historyLimit: 400 });
});
afterAll(async () => {
  await api.stop();
  await database.drop();
});
beforeEach(() => api.ask('DELETE', configMaps));

const make = (name: string, labels: Record<string, string> = {}) =>
  api.ask('POST', configMaps, { body: configMap(name, {}, { labels }) });
const relabel = (name: string, app: string | null) =>
  api.ask('PATCH', `${configMaps}/${name}`, {
    type: 'application/merge-patch+json',
    body: { metadata: { labels: { app } } },
  });
const drop = (name: string) => api.ask('DELETE', `${configMaps}/${name}`);
const short = (told: Told[]) => told.map(({ type, object }) => `${type} ${object.metadata.name}`);
const count = (n: number) => (told: Told[]) => told.length >= n;

describe('a watch', () => {
  test('without a version tells first what is there, then what changes', async () => {
    await make('a');
    const watch = await api.watch(`${configMaps}?watch=true`);
    await watch.until(count(1));
    await make('b');
    await relabel('a', 'x');
    await drop('b');
    await watch.until(count(4));
    expect(short(watch.told)).toEqual(['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b']);
    const gone = watch.told[3]?.object.metadata.resourceVersion;
    expect(Number(gone)).toBeGreaterThan(Number(watch.told[1]?.object.metadata.resourceVersion));
    watch.close();
  });

  test('from a version tells what came after it, of its namespace only', async () => {
    const { body } = await api.ask('GET', configMaps);
    await make('a');
    await api.ask('POST', '/api/v1/namespaces/default/configmaps', { body: configMap('elsewhere') });
    const watch = await api.watch(`${configMaps}?watch=1&resourceVersion=${body.metadata.resourceVersion}`);
    await make('b');
    await watch.until(count(2));
    expect(short(watch.told)).toEqual(['ADDED a', 'ADDED b']);
    watch.close();
    const everywhere = await api.watch(
      `/api/v1/configmaps?watch=1&resourceVersion=${body.metadata.resourceVersion}`,
    );
    await everywhere.until(count(3));
    expect(short(everywhere.told)).toContain('ADDED elsewhere');
    everywhere.close();
    await api.ask('DELETE', '/api/v1/namespaces/default/configmaps/elsewhere');
  });

  test('sees through its selectors: what leaves them is DELETED, what enters ADDED, the rest is not told', async () => {
    await make('a', { app: 'x' });
    const { body } = await api.ask('GET', configMaps);
    const from = body.metadata.resourceVersion;
    const watch = await api.watch(`${configMaps}?watch=1&labelSelector=app%3Dx&resourceVersion=${from}`);
    await make('b', { app: 'y' });
    const left = await relabel('a', 'y');
    await relabel('b', 'x');
    await relabel('b', null);
    await drop('a');
    await make('c', { app: 'x' });
    await watch.until(count(4));
    expect(short(watch.told)).toEqual(['DELETED a', 'ADDED b', 'DELETED b', 'ADDED c']);
    expect(watch.told[0]?.object.metadata).toMatchObject({
      labels: { app: 'x' },
      resourceVersion: left.body.metadata.resourceVersion,
    });
    watch.close();
    const byName = await api.watch(
      `${configMaps}?watch=1&fieldSelector=metadata.name%3Dc&resourceVersion=${from}`,
    );
    await byName.until(count(1));
    expect(short(byName.told)).toEqual(['ADDED c']);
    byName.close();
  });

  test('of a version whose changes are forgotten, or that cannot be, says so and ends', async () => {
    await make('busy');
    const old = await api.ask('GET', configMaps);
    for (let round = 0; round < 850; round++) await relabelInStore(String(round));
    const expired = await api.watch(
      `${configMaps}?watch=1&resourceVersion=${old.body.metadata.resourceVersion}`,
    );
    await expired.ended;
    expect(expired.status).toBe(200);
    expect(expired.told).toMatchObject([
      { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } },
    ]);
    const future = await api.watch(`${configMaps}?watch=1&resourceVersion=99999999`);
    await future.ended;
    expect(future.told).toMatchObject([{ type: 'ERROR', object: { code: 504 } }]);
    const senseless = await api.ask('GET', `${configMaps}?watch=1&resourceVersion=abc`);
    expect(senseless.status).toBe(400);
  });

  const relabelInStore = async (value: string) => {
    const object = api.store.get('ConfigMap', 'kagari', 'busy');
    if (object) await api.store.update({ ...object, data: { value } });
  };

  test('ends after timeoutSeconds, with a bookmark where it asked for them', async () => {
    const started = performance.now();
    const watch = await api.watch(
      `${configMaps}?watch=1&timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion=${api.store.revision()}`,
    );
    await watch.ended;
    expect(performance.now() - started).toBeGreaterThan(900);
    expect(watch.told).toMatchObject([
      {
        type: 'BOOKMARK',
        object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: api.store.revision() } },
      },
    ]);
  });

  test('that asks for initial events hears when they were all', async () => {
    await make('a');
    const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const watch = await api.watch(`${configMaps}?${query}`);
    await watch.until(count(2));
    expect(short(watch.told).slice(0, 1)).toEqual(['ADDED a']);
    expect(watch.told[1]).toMatchObject({
      type: 'BOOKMARK',
      object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    watch.close();
    const refused = await api.ask('GET', `${configMaps}?watch=1&sendInitialEvents=true`);
    expect(refused.body.reason).toBe('Invalid');
  });

  test('as Tables tells rows, the columns once', async () => {
    await make('a');
    const watch = await api.watch(`${configMaps}?watch=1`, { accept: table });
    await make('b');
    await watch.until(count(2));
    expect(watch.told.map(({ object }) => object.rows[0].cells[0])).toEqual(['a', 'b']);
    expect(watch.told.map(({ object }) => object.columnDefinitions.length)).toEqual([3, 0]);
    expect(watch.told[1]?.object.metadata.resourceVersion).toBe(api.store.revision());
    watch.close();
  });

  test('as Tables has bookmarks without rows', async () => {
    const query = `watch=1&timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion=${api.store.revision()}`;
    const watch = await api.watch(`${configMaps}?${query}`, { accept: table });
    await watch.ended;
    expect(watch.told).toMatchObject([{ type: 'BOOKMARK', object: { kind: 'Table', rows: [] } }]);
  });

  test('of kn for one object begins with it, for kn waits only for changes it has not read', async () => {
    await make('a');
    const { body } = await api.ask('GET', `${configMaps}/a`);
    const query = `watch=1&fieldSelector=metadata.name%3Da&resourceVersion=${body.metadata.resourceVersion}`;
    const asKn = await api.watch(`${configMaps}?${query}`, {
      headers: { 'user-agent': 'kn/v0.45 (linux/amd64)' },
    });
    await asKn.until(count(1));
    const asOther = await api.watch(`${configMaps}?${query}`, {
      headers: { 'user-agent': 'kubectl/v1.35.0' },
    });
    await relabel('a', 'x');
    await asKn.until(count(2));
    await asOther.until(count(1));
    expect(short(asKn.told)).toEqual(['MODIFIED a', 'MODIFIED a']);
    expect(short(asOther.told)).toEqual(['MODIFIED a']);
    asKn.close();
    asOther.close();
  });

  test('of one object by its path tells of that one', async () => {
    await make('a');
    await make('b');
    const watch = await api.watch(`${configMaps}/b?watch=1`);
    await relabel('a', 'z');
    await relabel('b', 'z');
    await watch.until(count(2));
    expect(short(watch.told)).toEqual(['ADDED b', 'MODIFIED b']);
    watch.close();
  });

  test('of what cannot be watched is MethodNotAllowed', async () => {
    expect((await api.ask('GET', '/apis/metrics.k8s.io/v1beta1/pods?watch=1')).status).toBe(405);
  });
});

test('no change is lost or told twice over reconnections from any version, under concurrent writes', async () => {
  const step = fc.record({
    what: fc.constantFrom('make', 'relabel', 'drop'),
    name: fc.constantFrom('a', 'b', 'c'),
    app: fc.constantFrom('x', 'y'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 25 }),
      fc.array(fc.nat(6), { maxLength: 5 }),
      fc.constantFrom('', 'app=x'),
      async (steps, cuts, selector) => {
        await api.ask('DELETE', configMaps);
        const query = `labelSelector=${encodeURIComponent(selector)}`;
        const first = (await api.ask('GET', `${configMaps}?${query}`)).body;
        const known = new Map<string, string>(
          first.items.map(({ metadata }: Told['object']) => [metadata.name, metadata.resourceVersion]),
        );
        let version: string = first.metadata.resourceVersion;
        const fold = ({ type, object }: Told) => {
          const { name, resourceVersion } = object.metadata;
          expect(Number(resourceVersion)).toBeGreaterThan(Number(version));
          version = resourceVersion;
          if (type === 'BOOKMARK') return;
          expect(known.has(name)).toBe(type !== 'ADDED');
          if (type === 'DELETED') known.delete(name);
          else known.set(name, resourceVersion);
        };
        const writing = Promise.all(
          steps.map(({ what, name, app }) =>
            what === 'make' ? make(name, { app }) : what === 'relabel' ? relabel(name, app) : drop(name),
          ),
        );
        // Cut off at any event, it goes on from the version it has heard of last.
        for (const taken of cuts) {
          const watch = await api.watch(`${configMaps}?watch=1&${query}&resourceVersion=${version}`);
          await Promise.race([watch.until(count(taken)), sleep(30)]);
          for (const event of watch.told.slice(0, taken)) fold(event);
          watch.close();
        }
        await writing;
        const last = (await api.ask('GET', `${configMaps}?${query}`)).body;
        const rest = await api.watch(
          `${configMaps}?watch=1&${query}&resourceVersion=${version}&timeoutSeconds=1`,
        );
        const end = await make('end', { app: 'x' });
        await rest.until((told) => told.some(({ object }) => object.metadata.name === 'end'));
        rest.close();
        for (const event of rest.told) fold(event);
        known.delete('end');
        expect(end.status).toBe(201);
        expect(known).toEqual(
          new Map(
            last.items.map(({ metadata }: Told['object']) => [metadata.name, metadata.resourceVersion]),
          ),
        );
      },
    ),
    { numRuns: 40 },
  );
}, 60_000);

test('a slow watcher is cut off, not waited for', async () => {
  const incoming = await api.open('GET', `${configMaps}?watch=1`);
  incoming.pause();
  const big = 'x'.repeat(900_000);
  await make('big');
  for (let round = 0; round < 40; round++) {
    const object = api.store.get('ConfigMap', 'kagari', 'big');
    if (object) await api.store.update({ ...object, data: { big: `${round}${big}` } });
  }
  let size = 0;
  incoming.on('data', (chunk: string) => {
    size += chunk.length;
  });
  incoming.on('error', () => {});
  incoming.resume();
  await new Promise((resolve) => incoming.once('close', resolve));
  expect(size).toBeLessThan(38 * 900_000);
});
