import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { stringify } from 'yaml';
import { scale, service } from './support/objects.ts';
import { type createTool, kubectl, row, unless } from './support/tools.ts';
import { until } from './support/until.ts';
import { openWorld, type World } from './support/world.ts';

const { metrics } = inject('served');
let world: World;
let tool: ReturnType<typeof createTool>;
let good: typeof tool.good;
let bad: typeof tool.bad;
beforeAll(async () => {
  if (!kubectl) return;
  world = await openWorld();
  tool = world.tool(`${kubectl}`);
  const inNamespace = (line: string) => `${line} -n kagari`;
  good = (line) => tool.good(inNamespace(line));
  bad = (line) => tool.bad(inNamespace(line));
});
afterAll(() => world?.close());

const write = (file: string, ...objects: object[]) =>
  writeFile(join(world.home, file), objects.map((object) => stringify(object)).join('---\n'));

const versioned = (name: string, version: string) => ({
  apiVersion: 'serving.knative.dev/v1',
  ...service(name, { image: world.image, env: { VERSION: version }, annotations: scale({ min: 1 }) }),
});

describe.skipIf(!kubectl)(`kubectl${unless(kubectl, 'KUBECTL')}`, () => {
  it('apply, wait, diff, apply again: a new revision, which then serves', async () => {
    const name = world.fresh('applied');
    world.keepTrackOf('ksvc', name);
    await write(`${name}.yaml`, versioned(name, 'v1'));
    expect(await good(`apply -f ${name}.yaml`)).toContain(`${name} created`);
    expect(await good(`wait --for=condition=Ready ksvc/${name} --timeout 60s`)).toContain('condition met');
    const { metadata } = await world.kube.get('ksvc', name);
    await good(`apply -f ${name}.yaml`);
    expect((await world.kube.get('ksvc', name)).metadata.generation).toBe(metadata.generation);
    await write(`${name}.yaml`, versioned(name, 'v2'));
    const differs = await tool.run(`diff -f ${name}.yaml -n kagari`);
    expect(differs.out).toMatch(/-\s+value: v1[\s\S]*\+\s+value: v2/);
    expect(await good(`apply -f ${name}.yaml`)).toContain(`${name} configured`);
    await world.kube.ready('ksvc', name);
    await until(
      'the new revision answers',
      async () => (await world.web.revisionAt(world.hostOf(name))) === `${name}-00002`,
    );
    expect(await good(`delete -f ${name}.yaml`)).toContain('deleted');
  });

  it('apply -k takes a folder; as a dry run it changes nothing', async () => {
    const name = world.fresh('folder');
    world.keepTrackOf('ksvc', name);
    await write('resource.yaml', versioned(name, 'v1'));
    await write('kustomization.yaml', { namespace: 'kagari', resources: ['resource.yaml'] });
    expect(await good('apply -k . --dry-run=server')).toContain('(server dry run)');
    expect(await bad(`get ksvc ${name}`)).toContain('not found');
    await good('apply -k .');
    await world.kube.ready('ksvc', name);
    expect(row(await good('get ksvc'), name)).toEqual(expect.arrayContaining([`${name}-00001`, 'True']));
    await good('delete -k .');
  });

  it('apply --server-side takes it, too', async () => {
    const name = world.fresh('serverside');
    world.keepTrackOf('ksvc', name);
    await write(`${name}.yaml`, versioned(name, 'v1'));
    expect(await good(`apply --server-side -f ${name}.yaml`)).toContain('serverside-applied');
    await world.kube.ready('ksvc', name);
  });

  it('get, describe, events: every kind with its columns', async () => {
    const name = world.fresh('shown');
    await world.serve(name, { annotations: scale({ min: 1 }) });
    const printed = await good('get ksvc,rev,rt,cfg');
    expect(printed).toMatch(/NAME +URL +LATESTCREATED +LATESTREADY +READY +REASON/);
    expect(printed).toMatch(/NAME +CONFIG NAME .*READY +REASON +ACTUAL REPLICAS +DESIRED REPLICAS/);
    for (const kind of ['broker', 'trigger', 'pingsource', 'sinkbinding', 'domainmapping', 'cm', 'secret'])
      await good(`get ${kind}`);
    expect(await good('get broker default')).toMatch(/NAME +URL +AGE +READY +REASON/);
    const described = await good(`describe ksvc ${name}`);
    expect(described).toContain('Latest Ready Revision Name:');
    expect(described).toMatch(/Events:[\s\S]*Created/);
    expect(await good('get events')).toMatch(/LAST SEEN +TYPE +REASON +OBJECT +MESSAGE/);
    expect(await good(`get ksvc ${name} -o jsonpath={.status.latestReadyRevisionName}`)).toBe(
      `${name}-00001`,
    );
  });

  it('logs, describe, delete pod: what runs', async () => {
    const name = world.fresh('running');
    await world.serve(name, { annotations: scale({ min: 1 }) });
    const selector = `-l serving.knative.dev/service=${name}`;
    const [pod] = await world.kube.pods(name);
    expect(row(await good(`get pods ${selector}`), pod.metadata.name)).toContain('Running');
    expect(await good(`logs ${selector} -c user-container`)).toContain('"msg":"serving"');
    expect(await good(`describe pod ${pod.metadata.name}`)).toMatch(/Ready +True/);
    expect(await good(`delete pod ${pod.metadata.name}`)).toContain('deleted');
    await until('another runs', async () => {
      const names = (await world.kube.pods(name)).map(({ metadata }) => metadata.name);
      return names.length === 1 && names[0] !== pod.metadata.name;
    });
  });

  describe.skipIf(!metrics)(`measured${metrics ? '' : ' (skipped: no metrics-server there)'}`, () => {
    it('top tells what a pod uses', async () => {
      const name = world.fresh('measured');
      await world.serve(name, { annotations: scale({ min: 1 }) });
      const [pod] = await world.kube.pods(name);
      const selector = `-l serving.knative.dev/service=${name}`;
      await until(
        'it is measured',
        async () => (await good(`top pods ${selector}`)).includes(pod.metadata.name),
        90_000,
      );
    });
  });

  it('logs -f shows what is written while it looks', async () => {
    const name = world.fresh('followed');
    await world.serve(name, { annotations: scale({ min: 1 }) });
    const [pod] = await world.kube.pods(name);
    const following = tool.start(`logs -f ${pod.metadata.name} -c user-container -n kagari`);
    await until('it shows the first line', async () => following.printed().includes('"msg":"serving"'));
    const before = following.printed().length;
    await world.kube.remove('pod', pod.metadata.name);
    expect((await following.ended).code).toBe(0);
    expect(following.printed().length).toBeGreaterThan(before);
  });

  it('patch, label, annotate: a label makes no revision', async () => {
    const name = world.fresh('patched');
    await world.serve(name);
    await good(`label ksvc ${name} team=shop`);
    await good(`annotate ksvc ${name} note=yes`);
    await good(`patch ksvc ${name} --type json -p '[{"op":"remove","path":"/metadata/labels/team"}]'`);
    const { metadata, status } = await world.kube.ready('ksvc', name);
    expect(metadata.labels?.team).toBeUndefined();
    expect(metadata.annotations).toMatchObject({ note: 'yes' });
    expect(status.latestCreatedRevisionName).toBe(`${name}-00001`);
  });

  it.each<[string, RegExp]>([
    ['get ksvc no-such-service', /"no-such-service" not found/],
    ['delete ksvc no-such-service', /"no-such-service" not found/],
    ['logs no-such-pod', /"no-such-pod" not found/],
    ['get nonsense', /doesn't have a resource type "nonsense"/],
  ])('%s fails and says why', async (line, message) => {
    expect(await bad(line)).toMatch(message);
  });
});
