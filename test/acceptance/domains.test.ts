import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conditionOf } from './support/kube.ts';
import { until } from './support/until.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

/** A cluster wants each domain claimed first, unless it claims by itself. */
const claim = async (domain: string) => {
  const { status } = await world.kube.ask('GET', world.kube.pathOf('claim'));
  if (status === 404) return;
  await world.make('claim', {
    kind: 'ClusterDomainClaim',
    metadata: { name: domain },
    spec: { namespace: 'kagari' },
  });
};

const map = (domain: string, name: string) =>
  world.make('domain', {
    kind: 'DomainMapping',
    metadata: { name: domain },
    spec: { ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name } },
  });

describe('a DomainMapping', () => {
  it('gives a Service a name of its own, and takes it back', async () => {
    const name = world.fresh('mapped');
    const domain = `${name}.example.com`;
    await world.serve(name);
    await claim(domain);
    await map(domain, name);
    const { status } = await world.kube.ready('domain', domain);
    expect(new URL(status.url).hostname).toBe(domain);
    await until('it answers', async () => (await world.web.revisionAt(domain)) === `${name}-00001`);
    await world.kube.remove('domain', domain);
    await until('it is gone', async () => {
      const { text } = await world.web.send(domain, '/info');
      return !text.includes(name);
    });
  });

  it('of a Service that is not there is not ready, says so, and becomes ready with it', async () => {
    const name = world.fresh('later');
    const domain = `${name}.example.com`;
    await claim(domain);
    await map(domain, name);
    await until('it says what is missing', async () => {
      const object = await world.kube.get('domain', domain);
      const { status, message = '' } = conditionOf(object, 'Ready');
      return status !== 'True' && message.includes(name);
    });
    await world.serve(name);
    await world.kube.ready('domain', domain);
    expect(await world.web.revisionAt(domain)).toBe(`${name}-00001`);
  });
});
