import fc from 'fast-check';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.ts';
import { createAdmission } from '../../admission/admission.ts';
import { openStore } from '../../store/testing.ts';
import type { KubeObject, NewObject, Store } from '../../store/types.ts';
import { configurationKind, revisionKind, routeKind, serviceKind } from './names.ts';
import { startServing } from './testing.ts';

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

type Open = Awaited<ReturnType<typeof openStore>>;
const open = () => openStore(database.adminUrl, { admit: createAdmission() });

const step = fc.record({
  name: fc.constantFrom('a', 'b'),
  image: fc.constantFrom('good-1', 'good-2', 'bad', 'missing', undefined),
  pinned: fc.constantFrom(undefined, '00001', '00002', 'latest'),
  /** After how many writes of the controllers each life ends; the last one is not cut short. */
  crashes: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 3 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const wish = async (store: Store, { name, image, pinned }: Step): Promise<void> => {
  const standing = store.get(serviceKind, 'n', name);
  if (image === undefined) {
    if (standing) await store.remove(serviceKind, 'n', name);
    return;
  }
  const traffic =
    pinned === undefined
      ? [{ latestRevision: true, percent: 100 }]
      : pinned === 'latest'
        ? [
            { latestRevision: true, percent: 60, tag: 'new' },
            { revisionName: `${name}-00001`, percent: 40 },
          ]
        : [{ revisionName: `${name}-${pinned}`, percent: 100 }];
  const object: NewObject = {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name, namespace: 'n' },
    spec: { template: { spec: { containers: [{ image: `dev.local/${image}:dev` }] } }, traffic },
  };
  await (standing ? store.update(object) : store.create(object));
};

/** The same store until so many writes have been made; then none gets through any more. */
const dyingAfter = (store: Open, writes: number): Open => {
  let left = writes;
  const alive =
    <A extends unknown[], R>(write: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      left-- > 0 ? write(...args) : new Promise<R>(() => {});
  return {
    ...store,
    create: alive(store.create),
    update: alive(store.update),
    updateStatus: alive(store.updateStatus),
    remove: alive(store.remove),
  };
};

/** Objects without what differs between two lives of the same story. */
const essence = (store: Store, shares: (host: string) => unknown) => {
  const uids = new Map<string, string>();
  const all = [serviceKind, configurationKind, revisionKind, routeKind].flatMap((kind) =>
    store.list(kind, 'n'),
  );
  for (const { metadata, kind } of all) uids.set(metadata.uid, `${kind} ${metadata.name}`);
  const plain = (value: unknown): unknown => {
    if (typeof value === 'string')
      return /^\d{4}-\d\d-\d\dT/.test(value) ? 'time' : (uids.get(value) ?? value);
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(([key]) => key !== 'resourceVersion');
    return Object.fromEntries(entries.map(([key, item]) => [key, plain(item)]));
  };
  const hosts = ['a', 'b'].flatMap((name) => [`${name}.n.localhost`, `new-${name}.n.svc`]);
  return { objects: all.map((object) => plain(object) as KubeObject), hosts: hosts.map(shares) };
};

const lives = async (steps: Step[], crashing: boolean) => {
  await sql`delete from kagari.objects`;
  let store = await open();
  await store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } });
  const ends: unknown[] = [];
  for (const step of steps) {
    await wish(store, step);
    for (const writes of crashing ? step.crashes : []) {
      const world = startServing(dyingAfter(store, writes));
      await new Promise((resolve) => setTimeout(resolve, 25));
      // a killed process does not wait for what it had in hand
      void world.stop();
      await store.close();
      store = await open();
    }
    const world = startServing(store);
    await world.settled();
    await world.scaleToZero();
    await world.settled();
    ends.push(essence(store, world.shares));
    await world.stop();
  }
  await store.close();
  return ends;
};

it('however often and wherever the controllers are killed, what stands in the end is the same', {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
      const undisturbed = await lives(steps, false);
      expect(await lives(steps, true)).toEqual(undisturbed);
    }),
    { numRuns: 15 },
  );
});
