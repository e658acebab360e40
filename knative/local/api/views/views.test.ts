import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testLog } from '../../store/testing.ts';
import type { KubeObject, WatchEvent } from '../../store/types.ts';
import { createFakePods, type FakePod } from '../testing/fake-pods.ts';
import { measureProcesses, parsePs } from './measure-processes.ts';
import { nodeMetricsSource } from './node-metrics.ts';
import { podMetricsSource } from './pod-metrics.ts';
import { createPodSource } from './pod-source.ts';
import { rates } from './rates.ts';

const store = { get: () => undefined };

describe('pods as a view', () => {
  const steps = fc.array(
    fc.record({ what: fc.constantFrom('start', 'ready', 'crash', 'vanish', 'look'), which: fc.nat(3) }),
    { maxLength: 30 },
  );

  test('folding a watch over its list gives the next list, from any version', () => {
    fc.assert(
      fc.property(steps, (moves) => {
        const pods = createFakePods();
        const source = createPodSource({ pods, store, log: testLog() });
        const known: { revision: string; objects: KubeObject[] }[] = [];
        const started: FakePod[] = [];
        const look = () => known.push({ revision: source.revision(), objects: source.list(undefined) });
        look();
        for (const { what, which } of moves) {
          const pod = started[which];
          if (what === 'start' && started.length < 4) started.push(pods.start('kagari/a-00001', 'a'));
          if (what === 'ready') pod?.becomeReady();
          if (what === 'crash') pod?.crash();
          if (what === 'vanish') pod?.vanish();
          if (what === 'look') look();
        }
        const now = source.list(undefined);
        for (const { revision, objects } of known) {
          const folded = new Map(objects.map((object) => [object.metadata.name, object]));
          source.watch(revision, (event) => fold(folded, event))();
          expect([...folded.values()].sort(byName)).toEqual(now);
        }
        source.stop();
      }),
    );
  });

  const fold = (objects: Map<string, KubeObject>, { type, object }: WatchEvent) => {
    const { name } = object.metadata;
    expect(objects.has(name)).toBe(type !== 'ADDED');
    if (type === 'DELETED') objects.delete(name);
    else objects.set(name, object);
  };
  const byName = (a: KubeObject, b: KubeObject) => (a.metadata.name < b.metadata.name ? -1 : 1);

  test('a restart keeps name and uid, raises the count and shows why it waits', () => {
    const pods = createFakePods();
    const source = createPodSource({ pods, store, log: testLog() });
    const pod = pods.start('kagari/a-00001', 'a');
    pod.becomeReady();
    const before = source.get('kagari', pod.name);
    expect(before?.status.containerStatuses[0]).toMatchObject({ ready: true, restartCount: 0 });
    pod.crash();
    const after = source.get('kagari', pod.name);
    expect(after?.metadata.uid).toBe(before?.metadata.uid);
    expect(after?.status.containerStatuses[0]).toMatchObject({ ready: false, restartCount: 1 });
    expect(Number(after?.metadata.resourceVersion)).toBeGreaterThan(Number(before?.metadata.resourceVersion));
  });

  test('an end that nobody tells of is found while someone watches', async () => {
    const pods = createFakePods();
    const pod = pods.start('kagari/a-00001', 'a');
    const source = createPodSource({ pods: { ...pods, onChange: () => () => {} }, store, log: testLog() });
    const told: WatchEvent[] = [];
    const unwatch = source.watch(source.revision(), (event) => told.push(event));
    pod.vanish();
    await expect
      .poll(() => told)
      .toMatchObject([{ type: 'DELETED', object: { metadata: { name: pod.name } } }]);
    unwatch();
    source.stop();
  });

  test('versions of an earlier run are too old, never taken for versions of this one', async () => {
    const earlier = createPodSource({ pods: createFakePods(), store, log: testLog() });
    const version = earlier.revision();
    await sleep(5);
    const later = createPodSource({ pods: createFakePods(), store, log: testLog() });
    expect(() => later.watch(version, () => {})).toThrow('too old resource version');
  });
});

describe('what processes use', () => {
  test('this process is measured, one that has ended is left out', async () => {
    const started = performance.now();
    while (performance.now() - started < 50);
    const measured = await measureProcesses([process.pid, 2 ** 22 + 1]);
    expect([...measured.keys()]).toEqual([process.pid]);
    const { cpuSeconds, memoryBytes } = measured.get(process.pid) ?? { cpuSeconds: 0, memoryBytes: 0 };
    const used = process.cpuUsage();
    expect(cpuSeconds).toBeGreaterThan(0);
    expect(cpuSeconds).toBeLessThanOrEqual((used.user + used.system) / 1e6 + 0.1);
    expect(memoryBytes / process.memoryUsage.rss()).toBeGreaterThan(0.5);
    expect(memoryBytes / process.memoryUsage.rss()).toBeLessThan(2);
  });

  test("ps' output is read", () => {
    expect(parsePs('  812 01:02.50 20480\n 9 1-00:00:01 4\nrubbish\n')).toEqual(
      new Map([
        [812, { cpuSeconds: 62.5, memoryBytes: 20_971_520 }],
        [9, { cpuSeconds: 86_401, memoryBytes: 4_096 }],
      ]),
    );
  });

  test('a rate is over the time since the measure before, at least a second ago', () => {
    const rateOf = rates();
    expect(rateOf('a', 2, 10_000, 0)).toEqual({ cores: 0.2, windowMs: 10_000 });
    expect(rateOf('a', 9, 10_500, 0)).toEqual({ cores: 0.2, windowMs: 10_000 });
    expect(rateOf('a', 4, 12_000, 0)).toEqual({ cores: 1, windowMs: 2_000 });
    expect(rateOf('a', 0, 14_000, 0).cores).toBe(0);
  });

  test('metrics are of pods with a process', async () => {
    const pods = createFakePods();
    const objects = createPodSource({ pods, store, log: testLog() });
    const source = podMetricsSource(pods, objects, measureProcesses);
    const pod = pods.start('kagari/a-00001', 'a');
    await source.refresh?.();
    expect(source.list(undefined)).toEqual([]);
    pod.becomeReady();
    await source.refresh?.();
    const [metrics] = source.list('kagari');
    expect(metrics?.metadata.name).toBe(pod.name);
    expect(metrics?.metadata.labels).toMatchObject({ 'serving.knative.dev/service': 'a' });
    expect(metrics?.containers[0].usage.cpu).toMatch(/^\d+n$/);
    expect(metrics?.containers[0].usage.memory).toMatch(/^\d+Ki$/);
    expect(source.list('default')).toEqual([]);
    expect(nodeMetricsSource().list(undefined)[0]?.usage.cpu).toMatch(/^\d+n$/);
  });
});
