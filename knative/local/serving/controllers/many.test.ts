import { expect, it } from 'vitest';
import { freshDatabase } from '../../../../test/support/postgres.ts';
import { createAdmission } from '../../admission/admission.ts';
import { readyOf } from '../../store/conditions.ts';
import { openStore } from '../../store/testing.ts';
import type { NewObject, Store } from '../../store/types.ts';
import { revisionKind, serviceKind } from './names.ts';
import { startServing } from './testing.ts';

const names = Array.from({ length: 200 }, (_, index) => `s${index}`);
const service = (name: string, version: number): NewObject => ({
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Service',
  metadata: { name, namespace: 'many' },
  spec: { template: { spec: { containers: [{ image: `dev.local/good-${version}:dev` }] } } },
});

/** How many objects a store is asked for. */
const counting = <S extends Store>(store: S) => {
  const seen = { count: 0 };
  const list: S['list'] = (kind, namespace) => {
    const found = store.list(kind, namespace);
    seen.count += found.length;
    return found;
  };
  return { store: { ...store, list }, seen };
};

it('200 Services and 1,000 Revisions: a change looks at its own only, a restart writes nothing', {
  timeout: 120_000,
}, async () => {
  const database = await freshDatabase();
  const admit = createAdmission();
  const store = await openStore(database.adminUrl, { admit });
  await store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'many' } });
  const before = performance.now();
  const world = startServing(store);
  await Promise.all(names.map((name) => store.create(service(name, 1))));
  await world.settled(20_000);
  const first = performance.now() - before;
  for (const version of [2, 3, 4, 5]) {
    await Promise.all(names.map((name) => store.update(service(name, version))));
    await world.settled(20_000);
  }
  await world.scaleToZero();
  await world.settled(20_000);
  expect(store.list(revisionKind)).toHaveLength(1_000);
  expect(store.list(serviceKind).every((one) => readyOf(one)?.status === 'True')).toBe(true);
  await world.stop();
  await store.close();

  const again = await openStore(database.adminUrl, { admit });
  const { store: watched, seen } = counting(again);
  const revision = again.revision();
  const restart = performance.now();
  const next = startServing(watched);
  await next.settled();
  const restarted = performance.now() - restart;
  expect(again.revision()).toBe(revision);
  expect(next.pods.starts).toEqual([]);
  seen.count = 0;
  await again.update(service('s7', 6));
  await next.settled();
  expect(readyOf(again.get(serviceKind, 'many', 's7'))?.status).toBe('True');
  expect(seen.count).toBe(0);
  expect(first).toBeLessThan(20_000);
  expect(restarted).toBeLessThan(5_000);
  await next.stop();
  await again.close();
  await database.drop();
});
