import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scale } from './support/objects.ts';
import { until } from './support/until.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

describe.concurrent('scale', () => {
  it('goes to zero when nobody asks, and comes back for whoever asks then', async () => {
    const name = world.fresh('idle');
    await world.serve(name, { annotations: scale({ window: '6s' }) });
    expect(await world.web.revisionAt(world.hostOf(name))).toBe(`${name}-00001`);
    // The window, and then the grace period of config-autoscaler: half a minute.
    await until(
      'nothing runs',
      async () => (await world.kube.list('pod', `serving.knative.dev/service=${name}`)).length === 0,
      110_000,
    );
    const { status } = await world.kube.get('revision', `${name}-00001`);
    expect(status.actualReplicas ?? 0).toBe(0);
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => world.web.send(world.hostOf(name), '/info')),
    );
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect((await world.kube.pods(name)).length).toBeGreaterThanOrEqual(1);
  }, 150_000);

  it('grows with what is asked at once, up to max-scale, and no request fails', async () => {
    const name = world.fresh('busy');
    await world.serve(name, { containerConcurrency: 1, annotations: scale({ max: 3, window: '6s' }) });
    let seen = 0;
    let over = false;
    const failed: number[] = [];
    const clients = Array.from({ length: 25 }, async () => {
      while (!over) {
        const { status } = await world.web.send(world.hostOf(name), '/info');
        if (status !== 200) failed.push(status);
      }
    });
    await until(
      'three pods serve',
      async () => {
        seen = Math.max(seen, (await world.kube.pods(name)).length);
        const ready = (await world.kube.get('revision', `${name}-00001`)).status.actualReplicas;
        return ready === 3;
      },
      60_000,
    ).finally(() => {
      over = true;
    });
    await Promise.all(clients);
    expect(failed).toEqual([]);
    expect(seen).toBe(3);
  });

  it('never goes below min-scale', async () => {
    const name = world.fresh('kept');
    await world.serve(name, { annotations: scale({ min: 2, max: 2 }) });
    await until('two run', async () => (await world.kube.pods(name)).length === 2);
    const [pod] = await world.kube.pods(name);
    await world.kube.remove('pod', pod.metadata.name);
    await until('two run again, another among them', async () => {
      const names = (await world.kube.pods(name)).map(({ metadata }) => metadata.name);
      return names.length === 2 && !names.includes(pod.metadata.name);
    });
  });
});
