import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flood } from './support/flood.ts';
import { conditionOf } from './support/kube.ts';
import { serviceSpec } from './support/objects.ts';
import { until } from './support/until.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

/** A Service with so many ready revisions, all traffic at the first. */
const withRevisions = async (count: number, prefix: string) => {
  const name = world.fresh(prefix);
  await world.serve(name, { env: { VERSION: 'v1' } });
  for (let version = 2; version <= count; version++) {
    await world.kube.patch('ksvc', name, {
      spec: {
        ...serviceSpec({ image: world.image, env: { VERSION: `v${version}` } }),
        traffic: [{ revisionName: `${name}-00001`, percent: 100 }],
      },
    });
    await world.kube.ready('ksvc', name);
  }
  const revision = (number: number) => `${name}-0000${number}`;
  const split = (...traffic: object[]) => world.kube.patch('ksvc', name, { spec: { traffic } });
  return { name, host: world.hostOf(name), revision, split };
};

describe('traffic', () => {
  it('is split between revisions by percent', async () => {
    const { host, name, revision, split } = await withRevisions(2, 'split');
    await split({ revisionName: revision(1), percent: 90 }, { revisionName: revision(2), percent: 10 });
    await world.kube.ready('ksvc', name);
    await until('the new revision gets some', async () => (await world.web.revisionAt(host)) === revision(2));
    let second = 0;
    const total = 4_000;
    for (let sent = 0; sent < total; sent += 100) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => world.web.revisionAt(host)));
      second += answers.filter((answer) => answer === revision(2)).length;
    }
    expect(Math.abs((second / total) * 100 - 10)).toBeLessThanOrEqual(1.5);
  });

  it('goes to the latest ready revision by latestRevision, and stays where it is pinned', async () => {
    const { host, name, revision, split } = await withRevisions(2, 'latest');
    expect(await world.web.revisionAt(host)).toBe(revision(1));
    await split({ latestRevision: true, percent: 100 });
    await until('the latest one answers', async () => (await world.web.revisionAt(host)) === revision(2));
    const { status } = await world.kube.ready('ksvc', name);
    expect(status).toMatchObject({
      latestReadyRevisionName: revision(2),
      traffic: [{ revisionName: revision(2), latestRevision: true, percent: 100 }],
    });
  });

  it('has an address for each tag, also for one without a share', async () => {
    const { name, host, revision, split } = await withRevisions(2, 'tags');
    await split(
      { revisionName: revision(1), percent: 100, tag: 'stable' },
      { revisionName: revision(2), percent: 0, tag: 'next' },
    );
    const { status } = await world.kube.ready('ksvc', name);
    for (const [tag, expected] of [
      ['stable', revision(1)],
      ['next', revision(2)],
    ]) {
      const target = status.traffic.find((one: { tag: string }) => one.tag === tag);
      expect(new URL(target.url).hostname).toBe(`${tag}-${host}`);
      await until(`${tag} answers`, async () => (await world.web.revisionAt(`${tag}-${host}`)) === expected);
    }
    expect(await world.web.revisionAt(host)).toBe(revision(1));
  });

  it('moves to a new revision only when that is ready, and loses no request on its way', async () => {
    const name = world.fresh('moves');
    const host = world.hostOf(name);
    await world.serve(name, { env: { VERSION: 'v1' } });
    const load = flood(100, () => world.web.send(host, '/info'));
    for (const version of ['v2', 'v3']) {
      await world.kube.patch('ksvc', name, {
        spec: serviceSpec({ image: world.image, env: { VERSION: version } }),
      });
      await world.kube.ready('ksvc', name);
      await until(
        `${version} answers`,
        async () => (await world.web.send(host, '/info')).json<{ version: string }>().version === version,
      );
    }
    const { failed, sent, replies } = await load.end();
    expect(failed).toEqual([]);
    expect(replies.length).toBe(sent);
  });

  it('moves under load as often as it is told to, without a failed request', async () => {
    const { host, revision, split } = await withRevisions(2, 'shuttle');
    const load = flood(200, () => world.web.send(host, '/info'));
    for (let share = 0; share <= 50; share++)
      await split(
        { revisionName: revision(1), percent: 100 - share * 2 },
        { revisionName: revision(2), percent: share * 2 },
      );
    await until('all is moved', async () => (await world.web.revisionAt(host)) === revision(2));
    const { failed } = await load.end();
    expect(failed).toEqual([]);
  });

  it('stays at the old revision when the new one cannot run, and its conditions say why', async () => {
    const name = world.fresh('broken');
    const host = world.hostOf(name);
    await world.serve(name, { env: { VERSION: 'v1' } });
    await world.kube.patch('ksvc', name, {
      spec: serviceSpec({
        image: 'dev.local/no-such-function:v1',
        annotations: { 'serving.knative.dev/progress-deadline': '20s' },
      }),
    });
    const failed = await until(
      'the Service says that it failed',
      async () => {
        const object = await world.kube.get('ksvc', name);
        return conditionOf(object, 'Ready').status === 'False' && object;
      },
      90_000,
    );
    expect(conditionOf(failed, 'ConfigurationsReady')).toMatchObject({
      status: 'False',
      reason: 'RevisionFailed',
      message: expect.stringContaining(`${name}-00002`),
    });
    expect(conditionOf(failed, 'RoutesReady').status).toBe('True');
    const revision = await world.kube.get('revision', `${name}-00002`);
    expect(conditionOf(revision, 'Ready').status).toBe('False');
    expect(JSON.stringify(revision.status.conditions)).toContain('no-such-function');
    expect(await world.web.revisionAt(host)).toBe(`${name}-00001`);

    await world.kube.patch('ksvc', name, {
      spec: serviceSpec({ image: world.image, env: { VERSION: 'v3' } }),
    });
    await world.kube.ready('ksvc', name);
    await until('the mended one answers', async () => (await world.web.revisionAt(host)) === `${name}-00003`);
  });

  it('says which revision a target names that does not exist, and keeps the rest', async () => {
    const { host, name, revision, split } = await withRevisions(1, 'missing');
    await split({ revisionName: `${name}-00099`, percent: 100 });
    const object = await until('the Route says so', async () => {
      const found = await world.kube.get('ksvc', name);
      return conditionOf(found, 'RoutesReady').status === 'False' && found;
    });
    expect(conditionOf(object, 'RoutesReady')).toMatchObject({
      reason: 'RevisionMissing',
      message: expect.stringContaining(`${name}-00099`),
    });
    expect(await world.web.revisionAt(host)).toBe(revision(1));
  });
});
