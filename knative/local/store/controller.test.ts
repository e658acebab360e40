import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createController, keyOf, splitKey } from './controller.ts';
import { createHistory } from './history.ts';
import { type Change, createMemory } from './memory.ts';
import { testLog } from './testing.ts';
import type { KubeObject } from './types.ts';

/** Objects in memory only: what a controller asks of a store. */
const world = () => {
  const memory = createMemory();
  let revision = 1;
  const history = createHistory({ limit: 100, revision: () => revision, log: testLog() });
  const set = (name: string, value: number | undefined) => {
    const old = memory.get('ConfigMap', 'n', name);
    revision += 1;
    const metadata = {
      name,
      namespace: 'n',
      uid: name,
      resourceVersion: String(revision),
      creationTimestamp: '',
    };
    const now: KubeObject | undefined =
      value === undefined ? undefined : { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: value };
    if (!old && !now) return;
    const change: Change = { kind: 'ConfigMap', revision, ...(old && { old }), ...(now && { now }) };
    memory.apply([change]);
    history.publish([change]);
  };
  return {
    set,
    value: (name: string) => memory.get('ConfigMap', 'n', name)?.data,
    list: memory.list,
    watch: history.watch,
  };
};

it('ends with what the last change said, one run a key at a time, whatever fails on the way', async () => {
  const step = fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    value: fc.option(fc.nat(9), { nil: undefined }),
    pause: fc.nat(2),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.array(fc.boolean(), { maxLength: 6 }),
      async (steps, failures) => {
        const { set, value, ...store } = world();
        const reached = new Map<string, number | undefined>();
        const inHand = new Set<string>();
        const controller = createController({
          name: 'test',
          store,
          watches: [{ kind: 'ConfigMap', keys: (object) => [keyOf(object)] }],
          reconcile: async (key) => {
            expect(inHand.has(key)).toBe(false);
            inHand.add(key);
            const { name } = splitKey(key);
            const wanted = value(name);
            await sleep(0);
            inHand.delete(key);
            if (failures.pop()) throw new Error('fails sometimes');
            reached.set(name, wanted);
          },
          log: testLog(),
          concurrency: 2,
        });
        set('a', 99);
        controller.start();
        for (const { name, value, pause } of steps) {
          set(name, value);
          if (pause === 0) await sleep(0);
        }
        await expect
          .poll(() => ['a', 'b', 'c'].every((name) => reached.get(name) === value(name)), {
            timeout: 5_000,
            interval: 5,
          })
          .toBe(true);
        await controller.stop();
        const before = new Map(reached);
        set('a', 77);
        await sleep(5);
        expect(reached).toEqual(before);
        controller.start();
        await expect.poll(() => reached.get('a'), { interval: 5 }).toBe(77);
        await controller.stop();
      },
    ),
    { numRuns: 25 },
  );
});

it('runs a key again when it asks for it, and hears a moved object at both its keys', async () => {
  const { set, value, ...store } = world();
  const runs: string[] = [];
  let again = 2;
  const controller = createController({
    name: 'test',
    store,
    watches: [{ kind: 'ConfigMap', keys: (object) => [`n/${object.data}`] }],
    reconcile: async (key) => {
      runs.push(key);
      return again-- > 0 ? { againMs: 1 } : undefined;
    },
    log: testLog(),
  });
  controller.start();
  set('a', 1);
  await expect.poll(() => runs).toEqual(['n/1', 'n/1', 'n/1']);
  set('a', 2);
  await controller.idle();
  expect(runs.slice(3).sort()).toEqual(['n/1', 'n/2']);
  expect(value('a')).toBe(2);
  await controller.stop();
});
