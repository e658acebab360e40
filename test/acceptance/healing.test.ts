import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flood } from './support/flood.ts';
import { conditionOf } from './support/kube.ts';
import { scale, service } from './support/objects.ts';
import { until } from './support/until.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

/** Deletes every running pod of a Service, and waits until it has others. */
const replacePods = async (name: string) => {
  const before = (await world.kube.pods(name)).map(({ metadata }) => metadata.name);
  expect(before.length).toBeGreaterThan(0);
  for (const pod of before) await world.kube.remove('pod', pod);
  return before;
};

describe('a deleted pod', () => {
  it('is replaced, under the same revision', async () => {
    const name = world.fresh('healed');
    await world.serve(name, { annotations: scale({ min: 1 }) });
    const before = await replacePods(name);
    await until('another pod is ready', async () => {
      const pods = await world.kube.pods(name);
      return pods.some(
        ({ metadata, status }) =>
          !before.includes(metadata.name) &&
          status.conditions.some(
            (one: { type: string; status: string }) => one.type === 'Ready' && one.status === 'True',
          ),
      );
    });
    expect(await world.web.revisionAt(world.hostOf(name))).toBe(`${name}-00001`);
  });

  it('answers what it has in hand, and its end fails no request', async () => {
    const name = world.fresh('drained');
    await world.serve(name, { annotations: scale({ min: 2 }) });
    const load = flood(100, () => world.web.send(world.hostOf(name), '/info'));
    await sleep(500);
    const [pod] = await world.kube.pods(name);
    await world.kube.remove('pod', pod.metadata.name);
    await until('another takes its place', async () => {
      const names = (await world.kube.pods(name)).map(({ metadata }) => metadata.name);
      return names.length === 2 && !names.includes(pod.metadata.name);
    });
    await sleep(500);
    const { failed } = await load.end();
    expect(failed).toEqual([]);
  });

  it('still takes the second half of a request whose first half it has', async () => {
    const customer = await world.shop.signUp();
    await customer.place();
    let release = () => {};
    const hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = customer.send({ ...customer.orderRequest('tok_ok'), hold });
    await sleep(300);
    await replacePods('orders');
    await sleep(1_000);
    release();
    const reply = await slow;
    expect([reply.status, reply.text]).toEqual([201, expect.stringContaining('pending')]);
    expect((await customer.settled(reply.json<{ id: string }>().id)).status).toBe('paid');
  });

  it('of the flow loses no order, whichever function it was', async () => {
    const customer = await world.shop.signUp();
    const first = await customer.place();
    await customer.rightlyEnded(first);
    const load = flood(10, () => customer.send(customer.orderRequest('tok_ok')));
    for (const name of ['payments', 'bank', 'notifications', 'orders']) {
      await until(`${name} runs`, async () => (await world.kube.pods(name)).length > 0);
      await replacePods(name);
      await sleep(500);
    }
    const { failed, replies } = await load.end();
    expect(failed).toEqual([]);
    const ids = [first, ...replies.map((reply) => reply.json<{ id: string }>().id)];
    const orders = await Promise.all(ids.map(customer.rightlyEnded));
    const paid = orders.filter(({ status }) => status === 'paid').length;
    expect(paid).toBeGreaterThan(0);
    await until('one mail came of each', async () => {
      const mails = (await customer.mails()).filter(({ type }) => type === 'order-paid');
      return mails.length === Math.min(paid, 100);
    });
  });
});

describe('a function whose process ends', () => {
  it('says so in its conditions when it never becomes ready', async () => {
    const name = world.fresh('mute');
    await world.make(
      'ksvc',
      service(name, {
        image: world.image,
        annotations: { 'serving.knative.dev/progress-deadline': '10s' },
        container: { readinessProbe: { httpGet: { path: '/never-there' }, periodSeconds: 1 } },
      }),
    );
    const object = await until(
      'its failure is told',
      async () => {
        const found = await world.kube.get('ksvc', name);
        return conditionOf(found, 'Ready').status === 'False' && found;
      },
      90_000,
    );
    expect(conditionOf(object, 'ConfigurationsReady')).toMatchObject({
      reason: 'RevisionFailed',
      message: expect.stringContaining(`${name}-00001`),
    });
    const revision = await world.kube.get('revision', `${name}-00001`);
    expect(JSON.stringify(revision.status.conditions)).toContain('ProgressDeadlineExceeded');
  });
});
