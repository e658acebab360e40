import fc from 'fast-check';
import postgres from 'postgres';
import { expect, it } from 'vitest';
import { freshDatabase } from '../../../test/support/postgres.ts';
import { breakableWay, type Fault, openStore } from './testing.ts';
import type { KubeObject, NewObject, WatchEvent } from './types.ts';

const names = fc.constantFrom<string>('a', 'b', 'c');
const values = fc.constantFrom('x', 'y');

const operation = fc.oneof(
  fc.record({
    do: fc.constant('create' as const),
    name: names,
    value: values,
    owner: fc.option(names, { nil: undefined }),
  }),
  fc.record({
    do: fc.constant('update' as const),
    name: names,
    value: values,
    label: values,
    stale: fc.boolean(),
  }),
  fc.record({ do: fc.constant('status' as const), name: names, value: values }),
  fc.record({ do: fc.constant('remove' as const), name: names }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** What the store is to do, said once more and plainly. */
interface Entry {
  spec: string;
  label: string | undefined;
  status: string | undefined;
  generation: number;
  owner: string | undefined;
}
type Model = Map<string, Entry>;

const predict = (model: Model, operation: Operation): { outcome: string; changes: number } => {
  const entry = model.get(operation.name);
  if (operation.do === 'create') {
    if (entry) return { outcome: 'AlreadyExists', changes: 0 };
    const owner = operation.owner !== undefined && model.has(operation.owner) ? operation.owner : undefined;
    model.set(operation.name, {
      spec: operation.value,
      label: undefined,
      status: undefined,
      generation: 1,
      owner,
    });
    return { outcome: 'ok', changes: 1 };
  }
  if (!entry) return { outcome: 'NotFound', changes: 0 };
  if (operation.do === 'remove') return { outcome: 'ok', changes: removeWith(model, operation.name) };
  if (operation.do === 'status') {
    const same = entry.status === operation.value;
    entry.status = operation.value;
    return { outcome: 'ok', changes: same ? 0 : 1 };
  }
  if (operation.stale) return { outcome: 'Conflict', changes: 0 };
  const sameSpec = entry.spec === operation.value;
  // an update without ownerReferences takes them away
  const same = sameSpec && entry.label === operation.label && entry.owner === undefined;
  Object.assign(entry, {
    spec: operation.value,
    label: operation.label,
    owner: undefined,
    generation: entry.generation + (sameSpec ? 0 : 1),
  });
  return { outcome: 'ok', changes: same ? 0 : 1 };
};

const removeWith = (model: Model, name: string): number => {
  model.delete(name);
  let count = 1;
  for (const [child, entry] of [...model])
    if (entry.owner === name && model.has(child)) count += removeWith(model, child);
  return count;
};

const kind = 'Broker.eventing.knative.dev';
const base = (name: string): NewObject => ({
  apiVersion: 'eventing.knative.dev/v1',
  kind: 'Broker',
  metadata: { name, namespace: 'n' },
});

type Open = Awaited<ReturnType<typeof openStore>>;

const perform = async (store: Open, operation: Operation): Promise<string> => {
  const object = base(operation.name);
  try {
    if (operation.do === 'create') {
      const owner = operation.owner === undefined ? undefined : store.get(kind, 'n', operation.owner);
      const metadata = { ...object.metadata, ...(owner && { ownerReferences: [reference(owner)] }) };
      await store.create({ ...object, metadata, spec: { v: operation.value } });
    } else if (operation.do === 'update') {
      const metadata = {
        ...object.metadata,
        labels: { l: operation.label },
        ...(operation.stale && { resourceVersion: '1' }),
      };
      await store.update({ ...object, metadata, spec: { v: operation.value } });
    } else if (operation.do === 'status') {
      await store.updateStatus({ ...object, status: { v: operation.value } });
    } else await store.remove(kind, 'n', operation.name);
    return 'ok';
  } catch (error) {
    return (error as { reason: string }).reason;
  }
};

const reference = ({ apiVersion, kind, metadata: { name, uid } }: KubeObject) => ({
  apiVersion,
  kind,
  name,
  uid,
});

const seen = (store: Pick<Open, 'list'>): Model =>
  new Map(
    store.list(kind).map(({ metadata, spec, status }) => [
      metadata.name,
      {
        spec: spec.v,
        label: metadata.labels?.l,
        status: status?.v,
        generation: metadata.generation ?? 0,
        owner: metadata.ownerReferences?.[0]?.name,
      },
    ]),
  );

const empty = async (url: string) => {
  const sql = postgres(url, { max: 1 });
  await sql`delete from kagari.objects`;
  await sql.end();
};

it('random operations end as the model says; watches, resourceVersions, restarts and the database agree', {
  timeout: 120_000,
}, async () => {
  const database = await freshDatabase();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(operation, { minLength: 1, maxLength: 6 }), { maxLength: 12 }),
      async (rounds) => {
        await empty(database.adminUrl);
        const store = await openStore(database.adminUrl);
        const start = store.revision();
        const model: Model = new Map();
        const events: WatchEvent[] = [];
        store.watch(kind, undefined, (event) => {
          const current =
            store.get(kind, 'n', event.object.metadata.name)?.metadata.resourceVersion ?? Infinity;
          expect(Number(current)).toBeGreaterThanOrEqual(Number(event.object.metadata.resourceVersion));
          events.push(event);
        });
        for (const round of rounds) {
          // owners are looked up before the write: of one round only the first operation may depend on another's outcome
          const [first, ...rest] = round;
          const operations = [
            first,
            ...rest.map((next) => (next.do === 'create' ? { ...next, owner: undefined } : next)),
          ];
          const expected: { outcome: string; changes: number }[] = [];
          const before = events.length;
          const outcomes = await Promise.all(
            operations
              .filter((next) => next !== undefined)
              .map((next) => {
                const running = perform(store, next);
                expected.push(predict(model, next));
                return running;
              }),
          );
          expect(outcomes).toEqual(expected.map(({ outcome }) => outcome));
          expect(events.length - before).toBe(expected.reduce((sum, { changes }) => sum + changes, 0));
          expect(seen(store)).toEqual(model);
        }
        const revisions = events.map((event) => Number(event.object.metadata.resourceVersion));
        expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
        expect(new Set(revisions).size).toBe(revisions.length);
        const replayed: WatchEvent[] = [];
        store.watch(kind, start, (event) => replayed.push(event));
        expect(replayed).toEqual(events);
        await store.close();

        const again = await openStore(database.adminUrl);
        expect(seen(again)).toEqual(model);
        expect(Number(again.revision())).toBe(Number(store.revision()));
        await again.close();
      },
    ),
    { numRuns: 40 },
  );
  await database.drop();
});

it('connections that die around a commit: what was answered is stored, what was refused is not', {
  timeout: 120_000,
}, async () => {
  const database = await freshDatabase();
  const fault = fc.record({
    fault: fc.constantFrom<Fault>('request', 'answer', 'late'),
    after: fc.integer({ min: 0, max: 3 }),
  });
  const step = fc.record({ operation, fault: fc.option(fault, { nil: undefined, freq: 2 }) });
  let refused = 0;
  let survived = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 10 }), async (steps) => {
      await empty(database.adminUrl);
      const way = await breakableWay(database.adminUrl);
      const store = await openStore(way.url);
      const model: Model = new Map();
      for (const { operation, fault } of steps) {
        const trial = structuredClone(model);
        const expected = predict(trial, operation);
        if (fault) way.breakAt(fault.fault, fault.after);
        const outcome = await perform(store, operation);
        if (outcome === 'ServiceUnavailable') refused++;
        else {
          expect(outcome).toBe(expected.outcome);
          if (fault && expected.changes > 0) survived++;
          model.clear();
          for (const [name, entry] of trial) model.set(name, entry);
        }
        expect(seen(store)).toEqual(model);
      }
      await store.close();
      await way.close();
      const again = await openStore(database.adminUrl);
      expect(seen(again)).toEqual(model);
      await again.close();
    }),
    { numRuns: 40 },
  );
  expect(refused).toBeGreaterThan(0);
  expect(survived).toBeGreaterThan(0);
  await database.drop();
});

it('backends that are terminated in the middle of many writes lose and double nothing', {
  timeout: 60_000,
}, async () => {
  const database = await freshDatabase();
  const killer = postgres(database.adminUrl, { max: 1, onnotice: () => {} });
  const store = await openStore(database.adminUrl);
  const stored = new Set<string>();
  const kill = async () => {
    for (let n = 0; n < 15; n++) {
      await killer`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
      await new Promise((resolve) => setTimeout(resolve, 7));
    }
  };
  const write = async () => {
    for (let n = 0; n < 150; n++) {
      const name = `n${n}`;
      for (;;) {
        const outcome = await perform(store, { do: 'create', name, value: 'x', owner: undefined });
        if (outcome === 'ok') break;
        expect(outcome).toBe('ServiceUnavailable');
        expect(store.get(kind, 'n', name)).toBeUndefined();
      }
      stored.add(name);
    }
  };
  await Promise.all([write(), kill()]);
  await store.close();
  const again = await openStore(database.adminUrl);
  expect(new Set(again.list(kind).map((object) => object.metadata.name))).toEqual(stored);
  await again.close();
  await killer.end();
  await database.drop();
});
