import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type createTool, kn, row, unless } from './support/tools.ts';
import { until } from './support/until.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;
let good: ReturnType<typeof createTool>['good'];
let bad: ReturnType<typeof createTool>['bad'];
beforeAll(async () => {
  if (!kn) return;
  world = await openWorld();
  const tool = world.tool(kn);
  good = (line) => tool.good(`${line} -n kagari`);
  bad = (line) => tool.bad(`${line} -n kagari`);
});
afterAll(() => world?.close());

/** The namespace takes no other pods on a cluster. */
const secure = '--security-context strict';
const create = async (name: string, more = '') => {
  world.keepTrackOf('ksvc', name);
  return good(`service create ${name} --image ${world.image} ${secure} --env VERSION=v1 ${more}`);
};
const versionAt = async (host: string) =>
  (await world.web.send(host, '/info')).json<{ version: string }>().version;

describe.skipIf(!kn)(`kn${unless(kn, 'KN')}`, () => {
  it('service create: waits until it serves, and prints its address', async () => {
    const name = world.fresh('created');
    const printed = await create(name);
    expect(printed).toContain(
      `Service '${name}' created to latest revision '${name}-00001' is available at URL`,
    );
    expect(printed).toContain(`http://${world.hostOf(name)}`);
    expect(await versionAt(world.hostOf(name))).toBe('v1');
    expect(await bad(`service create ${name} --image ${world.image}`)).toContain('already exists');
  });

  it('service update: image, environment, scale, concurrency limit', async () => {
    const name = world.fresh('updated');
    await create(name);
    await good(`service update ${name} --env VERSION=v2 --scale 1..3 --concurrency-limit 7`);
    const { spec } = await world.kube.get('ksvc', name);
    expect(spec.template.spec.containerConcurrency).toBe(7);
    expect(spec.template.metadata.annotations).toMatchObject({
      'autoscaling.knative.dev/min-scale': '1',
      'autoscaling.knative.dev/max-scale': '3',
    });
    await until('the new one answers', async () => (await versionAt(world.hostOf(name))) === 'v2');
    expect(
      await bad(`service update ${name} --image dev.local/no-such-function:v1 --wait-timeout 60`),
    ).toMatch(/RevisionFailed|no-such-function|timeout/);
    expect(await versionAt(world.hostOf(name))).toBe('v2');
    await good(`service update ${name} --image ${world.image}`);
  });

  it('service update --traffic, --tag, --untag: a canary from the first percent to the last', async () => {
    const name = world.fresh('canary');
    const host = world.hostOf(name);
    await create(name);
    await good(
      `service update ${name} --env VERSION=v2 --tag ${name}-00001=stable --traffic ${name}-00001=100`,
    );
    expect(await versionAt(host)).toBe('v1');
    await good(`service update ${name} --tag @latest=canary --traffic ${name}-00001=50,@latest=50`);
    const printed = await good(`revision list -s ${name}`);
    expect(row(printed, `${name}-00001`)).toEqual(expect.arrayContaining(['50%', 'stable', 'True']));
    expect(row(printed, `${name}-00002`)).toEqual(expect.arrayContaining(['50%', 'canary', 'True']));
    await until('both answer', async () => {
      const versions = await Promise.all(Array.from({ length: 40 }, () => versionAt(host)));
      return new Set(versions).size === 2;
    });
    await until('tags answer', async () => (await versionAt(`canary-${host}`)) === 'v2');
    expect(await versionAt(`stable-${host}`)).toBe('v1');
    await good(`service update ${name} --traffic @latest=100 --untag stable`);
    await until('the canary has all', async () => {
      const versions = await Promise.all(Array.from({ length: 20 }, () => versionAt(host)));
      return versions.every((version) => version === 'v2');
    });
    const { status } = await world.kube.ready('ksvc', name);
    expect(status.traffic.map(({ tag }: { tag?: string }) => tag ?? '')).not.toContain('stable');
  });

  it('service apply, list, describe, wait, export, delete', async () => {
    const name = world.fresh('applied');
    world.keepTrackOf('ksvc', name);
    await good(`service apply ${name} --image ${world.image} ${secure} --env VERSION=v1`);
    await good(`service apply ${name} --image ${world.image} ${secure} --env VERSION=v2`);
    expect(row(await good('service list'), name)).toEqual(
      expect.arrayContaining([`${name}-00002`, '3 OK / 3', 'True']),
    );
    expect(await good(`service describe ${name}`)).toContain(`100%  @latest (${name}-00002)`);
    expect(await good(`service describe ${name} -o url`)).toContain(world.hostOf(name));
    expect(await good(`service wait ${name} --wait-timeout 30`)).toContain('ready');
    expect(await good(`service export ${name} -o yaml`)).toContain(`image: ${world.image}`);
    await good(`service update ${name} --traffic ${name}-00001=50,@latest=50`);
    expect(await good(`service export ${name} --with-revisions --mode export -o yaml`)).toContain(
      `${name}-00001`,
    );
    await good(`service delete ${name} --wait`);
    expect(await bad(`service describe ${name}`)).toContain('not found');
    await until(
      'what it owned is gone',
      async () => {
        const selector = `serving.knative.dev/service=${name}`;
        const left = await Promise.all(
          (['revision', 'configuration', 'route', 'pod'] as const).map((kind) =>
            world.kube.list(kind, selector),
          ),
        );
        return left.flat().length === 0;
      },
      90_000,
    );
  });

  it('revision and route: list, describe, delete', async () => {
    const name = world.fresh('listed');
    await create(name);
    await good(`service update ${name} --env VERSION=v2`);
    expect(await good(`revision describe ${name}-00001`)).toContain(world.image);
    expect(row(await good('route list'), name)[1]).toContain(world.hostOf(name));
    expect(await good(`route describe ${name}`)).toContain(`@latest (${name}-00002)`);
    await good(`revision delete ${name}-00001`);
    expect(await good(`revision list -s ${name}`)).not.toContain(`${name}-00001`);
  });

  it('broker, trigger, source ping: create, list, describe, update, delete', async () => {
    const name = world.fresh('shop');
    await create(name);
    for (const kind of ['broker', 'trigger', 'ping'] as const) world.keepTrackOf(kind, name);
    await good(`broker create ${name}`);
    await world.kube.ready('broker', name);
    expect(row(await good('broker list'), name)).toContain('True');
    expect(await good(`broker describe ${name}`)).toContain(`/kagari/${name}`);
    await good(`trigger create ${name} --broker ${name} --sink ksvc:${name} --filter type=paid`);
    await world.kube.listening(name);
    expect(row(await good('trigger list'), name)).toEqual(
      expect.arrayContaining([name, `ksvc:${name}`, 'True']),
    );
    await good(`trigger update ${name} --filter type=failed`);
    expect(await good(`trigger describe ${name}`)).toMatch(/type: +failed/);
    await good(`source ping create ${name} --schedule '0 0 1 1 *' --sink broker:${name} --data '{}'`);
    await world.kube.ready('ping', name);
    expect(row(await good('source ping list'), name)).toContain('True');
    expect(await good(`source list`)).toMatch(new RegExp(`${name} +PingSource`));
    for (const what of ['source ping', 'trigger', 'broker']) await good(`${what} delete ${name}`);
    expect(await good('broker list')).not.toContain(name);
  });

  it('source binding: gives a Service the address of its sink', async () => {
    const name = world.fresh('sending');
    await create(name);
    world.keepTrackOf('binding', name);
    await good(
      `source binding create ${name} --subject Service:serving.knative.dev/v1:${name} --sink broker:default`,
    );
    await until('K_SINK is there', async () =>
      JSON.stringify((await world.kube.get('ksvc', name)).spec).includes('K_SINK'),
    );
    await good(`source binding delete ${name}`);
  });

  it('domain: create, list, describe, delete', async () => {
    const name = world.fresh('named');
    const domain = `${name}.example.com`;
    await create(name);
    world.keepTrackOf('domain', domain);
    const { status } = await world.kube.ask('GET', world.kube.pathOf('claim'));
    if (status !== 404)
      await world.make('claim', {
        kind: 'ClusterDomainClaim',
        metadata: { name: domain },
        spec: { namespace: 'kagari' },
      });
    await good(`domain create ${domain} --ref ${name}`);
    await world.kube.ready('domain', domain);
    expect(row(await good('domain list'), domain)).toEqual(expect.arrayContaining(['True', name]));
    expect(await good(`domain describe ${domain}`)).toContain(name);
    await until('it answers', async () => (await versionAt(domain)) === 'v1');
    await good(`domain delete ${domain}`);
    expect(await good('domain list')).not.toContain(domain);
  });

  it.each<[string, RegExp]>([
    ['service update NAME --traffic NAME-00001=50', /50/],
    ['service update NAME --traffic NAME-00099=100', /NAME-00099/],
    ['service update NAME --tag NAME-00001=twice --tag @latest=twice', /twice/],
    ['service update NAME --env PORT=1', /PORT/],
    ['service update NAME --scale 3..1', /max-?scale|less/i],
    [
      'service create NAME-with-a-name-that-is-much-longer-than-the-sixty-three-characters --image IMAGE',
      /63/,
    ],
    ['service create Bad_Name --image IMAGE', /Bad_Name|DNS/],
    ['service describe no-such-service', /not found/],
    ["source ping create NAME-every --schedule '@every 1m' --sink ksvc:NAME", /@every/],
    ['source ping create NAME-bad --schedule nonsense --sink ksvc:NAME', /nonsense|expected|fields/],
    ['domain create localhost --ref NAME', /localhost/],
  ])('%s fails and says why', async (line, message) => {
    const name = await refusing();
    const said = await bad(line.replaceAll('NAME', name).replaceAll('IMAGE', world.image));
    expect(said.replaceAll(name, 'NAME')).toMatch(message);
    expect(await world.web.revisionAt(world.hostOf(name))).toBe(`${name}-00001`);
  });

  let refused: Promise<string> | undefined;
  const refusing = () => {
    refused ??= (async () => {
      const name = world.fresh('no');
      await world.serve(name);
      return name;
    })();
    return refused;
  };
});
