import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { applyManifests } from '../manifests/apply.ts';
import { loadManifests } from '../manifests/load.ts';
import type { Manifest } from '../manifests/manifest.ts';
import { readyOf } from '../store/conditions.ts';
import type { KubeObject } from '../store/types.ts';
import { boundBy } from './bind-sink.ts';
import { brokerKind, kafkaSource, pingSource, servingService, sinkBinding, triggerKind } from './kinds.ts';
import { openWorld, type World } from './world.fixture.ts';

const base = join(import.meta.dirname, '../../manifests/base');
const kinds = [brokerKind, triggerKind, pingSource, kafkaSource, sinkBinding];

let database: TestDatabase;
let world: World;
let manifests: Manifest[];

beforeAll(async () => {
  database = await freshDatabase();
  world = await openWorld(database.adminUrl);
  manifests = await loadManifests(base);
  await applyManifests(world.store, manifests);
  await world.eventing.settled();
});

afterAll(async () => {
  await world.close();
  await database.drop();
});

const eventing = () => kinds.flatMap((kind) => world.store.list(kind, 'kagari'));
const statusOf = ({ status }: KubeObject) => readyOf({ status })?.status;
const services = () => world.store.list(servingService, 'kagari');

it('nothing of the platform looks failed while its Services have no address yet', () => {
  expect(eventing().filter((object) => statusOf(object) === 'False')).toEqual([]);
  expect(eventing().filter((object) => statusOf(object) === 'True').length).toBeLessThan(eventing().length);
});

it('all of it is Ready once they have, and every bound Service has its sink in its first generation', async () => {
  for (const service of services()) {
    const url = `http://${service.metadata.name}.kagari.svc.cluster.local`;
    await world.store.updateStatus({ ...service, status: { address: { url } } });
  }
  await world.eventing.settled();
  expect(eventing().filter((object) => statusOf(object) !== 'True')).toEqual([]);
  expect(new Set(eventing().map(({ kind }) => kind)).size).toBe(5);
  const bound = services().filter(({ metadata }) => metadata.annotations?.[boundBy]);
  expect(bound.length).toBe(world.store.list(sinkBinding, 'kagari').length);
  for (const { metadata, spec } of bound) {
    expect(metadata.generation).toBe(1);
    const [{ env }] = spec.template.spec.containers;
    expect(env).toContainEqual({
      name: 'K_SINK',
      value: 'http://kafka-broker-ingress.knative-eventing.svc.cluster.local/kagari/default',
    });
  }
});

it('applied again it changes nothing', async () => {
  const revision = world.store.revision();
  await applyManifests(world.store, manifests);
  await world.eventing.settled();
  expect(world.store.revision()).toBe(revision);
});
