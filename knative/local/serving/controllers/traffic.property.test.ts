import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { TrafficTarget } from '../../admission/serving/traffic.ts';
import { createMemory } from '../../store/memory.ts';
import type { KubeObject } from '../../store/types.ts';
import { hostsOf } from './hosts.ts';
import { configurationKind, revisionKind, serviceLabel } from './names.ts';
import { resolveTraffic } from './traffic.ts';

const names = ['r1', 'r2', 'r3', 'r4'] as const;
const ready = fc.constantFrom('True', 'False', 'Unknown');
const revision = fc.record({ ready, service: fc.constantFrom('s', 's', 's', 'other') });

/** Shares that make 100. */
const shares = (count: number) =>
  fc
    .array(fc.integer({ min: 0, max: 100 }), { minLength: count - 1, maxLength: count - 1 })
    .map((cuts) => [0, ...cuts.sort((a, b) => a - b), 100])
    .map((cuts) => cuts.slice(1).map((cut, index) => cut - (cuts[index] ?? 0)));

const traffic = fc.integer({ min: 1, max: 5 }).chain((count) =>
  fc
    .tuple(
      shares(count),
      fc.array(fc.option(fc.constantFrom(...names, 'gone')), { minLength: count, maxLength: count }),
      fc.array(fc.boolean(), { minLength: count, maxLength: count }),
    )
    .map(([percents, aims, tagged]) =>
      percents.map((percent, index): TrafficTarget => {
        const aim = aims[index] ?? null;
        const tag = tagged[index] ? { tag: `t${index}` } : {};
        return aim === null
          ? { percent, configurationName: 's', latestRevision: true, ...tag }
          : { percent, revisionName: aim, latestRevision: false, ...tag };
      }),
    ),
);

const world = fc.record({
  revisions: fc.dictionary(fc.constantFrom(...names), revision),
  latestReady: fc.option(fc.constantFrom(...names)),
  traffic,
  clusterLocal: fc.boolean(),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

const object = (kind: string, name: string, labels: Record<string, string>, rest: object): KubeObject => ({
  apiVersion: 'serving.knative.dev/v1',
  kind,
  metadata: {
    name,
    namespace: 'n',
    uid: `${kind} ${name}`,
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: '',
    labels,
  },
  ...rest,
});

const build = ({ revisions, latestReady, traffic, clusterLocal }: World, without?: string) => {
  const memory = createMemory();
  const put = (kind: string, now: KubeObject) =>
    without !== `${kind} ${now.metadata.name}` && memory.apply([{ kind, now, revision: 1 }]);
  for (const [name, { ready, service }] of Object.entries(revisions)) {
    const status = {
      observedGeneration: 1,
      conditions: [{ type: 'Ready', status: ready, lastTransitionTime: '' }],
    };
    put(revisionKind, object('Revision', name, { [serviceLabel]: service }, { spec: {}, status }));
  }
  put(
    configurationKind,
    object('Configuration', 's', {}, { status: latestReady ? { latestReadyRevisionName: latestReady } : {} }),
  );
  const labels = {
    [serviceLabel]: 's',
    ...(clusterLocal && { 'networking.knative.dev/visibility': 'cluster-local' }),
  };
  return { memory, route: object('Route', 's', labels, { spec: { traffic } }) };
};

it("all targets lead to Revisions that are there, ready and the Service's own, or nothing moves and one reason is said", () => {
  fc.assert(
    fc.property(world, (given) => {
      const { memory, route } = build(given);
      const { traffic, obstacle, lookedAt } = resolveTraffic(memory, route);
      const aims = given.traffic.map(({ revisionName }) => revisionName ?? given.latestReady ?? undefined);
      const good = given.traffic.every(({ revisionName }, index) => {
        const found = given.revisions[aims[index] as 'r1'];
        return found?.ready === 'True' && (revisionName === undefined || found.service === 's');
      });
      expect(traffic !== undefined).toBe(good);
      expect(obstacle !== undefined).toBe(!good);
      if (traffic) {
        expect(traffic.reduce((sum, { percent }) => sum + percent, 0)).toBe(100);
        expect(new Set(traffic.map(({ revisionName }) => revisionName))).toEqual(new Set(aims));
      }
      const certain = given.traffic.some(
        ({ revisionName }) => revisionName && given.revisions[revisionName as 'r1'] === undefined,
      );
      if (certain) expect(obstacle?.status).toBe('False');

      const seen = new Set(lookedAt.map(({ kind, name }) => `${kind} ${name}`));
      for (const name of names) {
        if (seen.has(`${revisionKind} ${name}`)) continue;
        const other = build(given, `${revisionKind} ${name}`);
        expect(resolveTraffic(other.memory, other.route)).toEqual({
          ...(traffic && { traffic }),
          ...(obstacle && { obstacle }),
          lookedAt,
        });
      }
    }),
    { numRuns: 500 },
  );
});

it("every host's shares make 100, a Revision has one, a tag's host has its own Revision only, and private is private", () => {
  fc.assert(
    fc.property(world, (given) => {
      const { memory, route } = build(given);
      const { traffic } = resolveTraffic(memory, route);
      fc.pre(traffic !== undefined);
      const hosts = hostsOf(route, traffic ?? [], { name: 'localhost', port: 8080 });
      const tags = given.traffic.flatMap(({ tag }) => (tag ? [tag] : []));
      expect(hosts).toHaveLength((1 + tags.length) * (given.clusterLocal ? 3 : 4));
      expect(new Set(hosts.map(({ host }) => host)).size).toBe(hosts.length);
      for (const { host, public: isPublic, targets } of hosts) {
        expect(targets.reduce((sum, { percent }) => sum + percent, 0)).toBe(100);
        expect(new Set(targets.map(({ revision }) => revision)).size).toBe(targets.length);
        expect(isPublic).toBe(host.endsWith('.localhost'));
      }
      if (given.clusterLocal) expect(hosts.some((host) => host.public)).toBe(false);
      const expected = new Map<string, number>();
      for (const { revisionName, percent } of traffic ?? [])
        expected.set(`n/${revisionName}`, (expected.get(`n/${revisionName}`) ?? 0) + percent);
      const main = hosts.find(({ host }) => host === 's.n')?.targets ?? [];
      for (const { revision, percent } of main)
        expect(percent).toBe(expected.size === 1 ? 100 : expected.get(revision));
      for (const tag of tags)
        expect(hosts.find(({ host }) => host === `${tag}-s.n`)?.targets).toHaveLength(1);
    }),
    { numRuns: 300 },
  );
});
