import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serviceSpec } from './support/objects.ts';
import { openWorld, type World } from './support/world.ts';

const visibility = 'networking.knative.dev/visibility';
const serving = 'serving.knative.dev';

let world: World;
let port: string;
beforeAll(async () => {
  world = await openWorld();
  port = new URL(world.target.ingress).port;
});
afterAll(() => world?.close());

const publicUrl = (name: string) => `http://${world.hostOf(name)}`;
/** A cluster's ingress is on port 80; the local one need not be, and says so. */
const urls = (host: string) => [host, `${host}:${port}`];

describe('a Service', () => {
  it('has revisions NAME-00001 and on, labelled with what they are of', async () => {
    const name = world.fresh('named');
    const { status } = await world.serve(name);
    expect(status).toMatchObject({
      latestCreatedRevisionName: `${name}-00001`,
      latestReadyRevisionName: `${name}-00001`,
    });
    const { metadata } = await world.kube.get('revision', `${name}-00001`);
    expect(metadata.labels).toMatchObject({
      [`${serving}/service`]: name,
      [`${serving}/configuration`]: name,
      [`${serving}/configurationGeneration`]: '1',
    });
    await world.kube.patch('ksvc', name, {
      spec: serviceSpec({ image: world.image, env: { VERSION: 'v2' } }),
    });
    const changed = await world.kube.ready('ksvc', name);
    expect(changed.status.latestReadyRevisionName).toBe(`${name}-00002`);
  });

  it('that is public is at NAME.kagari.DOMAIN, its tags at TAG-NAME.kagari.DOMAIN', async () => {
    const name = world.fresh('public');
    await world.serve(name);
    await world.kube.patch('ksvc', name, {
      spec: {
        traffic: [
          { latestRevision: true, percent: 100 },
          { revisionName: `${name}-00001`, tag: 'stable', percent: 0 },
        ],
      },
    });
    const { status } = await world.kube.ready('ksvc', name);
    expect(urls(publicUrl(name))).toContain(status.url);
    const tagged = status.traffic.find(({ tag }: { tag?: string }) => tag === 'stable');
    expect(urls(`http://stable-${world.hostOf(name)}`)).toContain(tagged.url);
    expect(await world.web.revisionAt(`stable-${world.hostOf(name)}`)).toBe(`${name}-00001`);
  });

  it('that is cluster-local is at NAME.kagari.svc.cluster.local, and not outside', async () => {
    const name = world.fresh('hidden');
    const { status } = await world.serve(name, { labels: { [visibility]: 'cluster-local' } });
    expect(status.url).toBe(`http://${name}.kagari.svc.cluster.local`);
    const { text } = await world.web.send(world.hostOf(name), '/info');
    expect(text).not.toContain(`${name}-00001`);
  });
});

describe('the platform', () => {
  const functions = [
    'analytics',
    'api',
    'auth',
    'bank',
    'consumer',
    'deadletters',
    'gateway',
    'notifications',
    'orders',
    'payments',
    'producer',
    'web',
    'worker',
  ];

  it.each(functions)('has the function %s as a Service, which is ready', async (fn) => {
    const { metadata, status } = await world.kube.ready('ksvc', fn);
    expect(status.latestReadyRevisionName).toMatch(new RegExp(`^${fn}-\\d{5}$`));
    // The gateway is the one way in from outside.
    expect(metadata.labels?.[visibility]).toBe(fn === 'gateway' ? undefined : 'cluster-local');
    if (fn === 'gateway') expect(urls(publicUrl(fn))).toContain(status.url);
    else expect(status.url).toBe(`http://${fn}.kagari.svc.cluster.local`);
  });

  it('keeps the first operator’s login in the Secret operator-bootstrap', async () => {
    const { data } = await world.kube.get('secret', 'operator-bootstrap');
    expect(Object.keys(data)).toEqual(expect.arrayContaining(['email', 'password']));
    await world.operator();
  });
});
