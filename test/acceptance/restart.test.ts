import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Kind, KubeObject } from './support/kube.ts';
import { serviceSpec } from './support/objects.ts';
import { type LocalTarget, startLocally } from './support/target.ts';
import { until } from './support/until.ts';
import { openWorld, type World } from './support/world.ts';

const local = inject('target').consoleToken !== undefined;
let target: LocalTarget;
let world: World;
beforeAll(async () => {
  if (!local) return;
  target = await startLocally();
  world = await openWorld(target);
});
afterAll(async () => {
  await world?.close();
  await target?.stop();
});

const kinds: Kind[] = [
  'ksvc',
  'configuration',
  'revision',
  'route',
  'domain',
  'broker',
  'trigger',
  'ping',
  'binding',
  'configmap',
];

/** What must be the same after a restart: all but what a status says of the moment. */
const everything = async () => {
  const entries = await Promise.all(
    kinds.map(async (kind) => {
      const objects = await world.kube.list(kind);
      return objects.map(({ metadata, spec, data }: KubeObject) => [
        `${kind} ${metadata.name}`,
        {
          uid: metadata.uid,
          generation: metadata.generation,
          created: metadata.creationTimestamp,
          spec,
          data,
        },
      ]);
    }),
  );
  return Object.fromEntries(entries.flat());
};

describe.skipIf(!local)(`a restart${local ? '' : ' (skipped: not a platform of our own)'}`, () => {
  it.each<NodeJS.Signals>(['SIGKILL', 'SIGTERM'])(
    'by %s keeps objects, revisions, traffic and tags',
    async (signal) => {
      const name = world.fresh('kept');
      const domain = `${name}.example.com`;
      const [first, second] = [`${name}-00001`, `${name}-00002`];
      await world.serve(name, { env: { VERSION: 'v1' } });
      await world.kube.patch('ksvc', name, {
        spec: {
          ...serviceSpec({ image: world.image, env: { VERSION: 'v2' } }),
          traffic: [
            { revisionName: first, percent: 100, tag: 'stable' },
            { latestRevision: true, percent: 0, tag: 'next' },
          ],
        },
      });
      await world.kube.ready('ksvc', name);
      await world.make('domain', {
        kind: 'DomainMapping',
        metadata: { name: domain },
        spec: { ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name } },
      });
      await world.kube.ready('domain', domain);
      const customer = await world.shop.signUp();
      const order = await customer.place();
      const before = await everything();

      await target.startAgainAfter(signal);

      expect(await everything()).toEqual(before);
      await world.kube.ready('ksvc', name);
      const { web, hostOf } = world;
      const answering = () =>
        Promise.all(
          [hostOf(name), domain, `stable-${hostOf(name)}`, `next-${hostOf(name)}`].map(web.revisionAt),
        );
      await until('all hosts answer as before', async () => {
        const answers = await answering();
        return JSON.stringify(answers) === JSON.stringify([first, first, first, second]);
      });
      await customer.rightlyEnded(order);
    },
  );
});
