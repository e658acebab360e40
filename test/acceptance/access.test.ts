import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { refusalBy } from './support/refusal.ts';
import { openWorld, type World } from './support/world.ts';

const local = inject('target').consoleToken !== undefined;
const locally = local ? '' : " (skipped: of the local runtime's own)";
let world: World;
let name: string;
let refusal: ReturnType<typeof refusalBy>;
beforeAll(async () => {
  world = await openWorld();
  name = world.fresh('guarded');
  await world.serve(name);
  refusal = refusalBy(world.kube, name);
});
afterAll(() => world?.close());

describe('nobody is answered', () => {
  it('without a token of this server', async () => {
    for (const token of [null, 'wrong', ''])
      for (const method of ['GET', 'POST', 'DELETE']) {
        const { status, body } = await world.kube.ask(method, world.kube.pathOf('ksvc', name), { token });
        // A cluster calls who shows nothing anonymous, whom it forbids.
        const expected = local || token ? [401] : [401, 403];
        expect([method, expected.includes(status), body.kind]).toEqual([method, true, 'Status']);
      }
  });
});

describe.skipIf(!local)(`the local runtime answers nobody${locally}`, () => {
  it("beyond the console's rights: it reads, and writes nothing", async () => {
    const token = `${world.target.consoleToken}`;
    const { status } = await world.kube.ask('GET', world.kube.pathOf('ksvc', name), { token });
    expect(status).toBe(200);
    for (const [method, path] of [
      ['DELETE', world.kube.pathOf('ksvc', name)],
      ['PATCH', world.kube.pathOf('ksvc', name)],
      ['POST', world.kube.pathOf('broker')],
      ['DELETE', world.kube.pathOf('pod', 'any')],
    ] as const)
      expect(await refusal(method, path, { token, body: {} })).toMatchObject({
        code: 403,
        reason: 'Forbidden',
      });
    const secret = await world.kube.ask('GET', world.kube.pathOf('secret', 'operator-bootstrap'), { token });
    const whole = await world.kube.get('secret', 'operator-bootstrap');
    for (const value of Object.values(whole.data)) expect(JSON.stringify(secret.body)).not.toContain(value);
  });

  it('by another Host or Origin, whatever the token', async () => {
    for (const headers of [
      { host: 'evil.example' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ] as Record<string, string>[])
      expect((await world.kube.ask('GET', world.kube.pathOf('ksvc'), { headers })).status).toBe(403);
  });
});

describe.skipIf(!local)(
  `what the local runtime does not serve is refused with what to use instead${locally}`,
  () => {
    it.each([
      ['POST', '/apis/apps/v1/namespaces/kagari/deployments', 'serving.knative.dev/v1 Service'],
      ['POST', '/api/v1/namespaces/kagari/pods', 'serving.knative.dev/v1 Service'],
      ['POST', '/apis/batch/v1/namespaces/kagari/cronjobs', 'PingSource'],
      ['GET', '/apis/networking.k8s.io/v1/ingresses', 'DomainMapping'],
      ['GET', '/apis/messaging.knative.dev/v1/channels', 'Broker and Triggers'],
      ['GET', '/apis/autoscaling/v2/horizontalpodautoscalers', 'min-scale'],
      ['POST', '/api/v1/namespaces/kagari/pods/any/exec', 'pod'],
    ])('%s %s', async (method, path, instead) => {
      const { status, body } = await world.kube.ask(method, path, {
        body: method === 'POST' ? {} : undefined,
      });
      expect([status >= 400, body.message]).toEqual([true, expect.stringContaining(instead)]);
    });
  },
);
