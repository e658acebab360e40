import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.ts';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { startControlPlane } from '../testing/control-plane.ts';

const find = (named: string | undefined, program: string): string | undefined =>
  [named, ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program))].find(
    (path) => {
      try {
        if (path) accessSync(path, constants.X_OK);
        return Boolean(path);
      } catch {
        return false;
      }
    },
  );

const kubectl = find(process.env.KUBECTL, 'kubectl');
const kn = find(process.env.KN, 'kn');

let database: TestDatabase;
let api: TestApi;
let plane: Awaited<ReturnType<typeof startControlPlane>>;
let folder: string;

beforeAll(async () => {
  database = await freshDatabase();
  api = await startTestApi(database.adminUrl);
  plane = await startControlPlane(database.adminUrl, api.store, api.pods);
  folder = await mkdtemp(join(tmpdir(), 'kagari-tools-'));
});
afterAll(async () => {
  await plane.stop();
  await api.stop();
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

interface Outcome {
  code: number;
  out: string;
  err: string;
}

const environment = () => ({ PATH: process.env.PATH, HOME: folder, KUBECONFIG: api.kubeconfig });

/** A program as a user would call it, with a home of its own. */
const run = (program: string | undefined, args: string): Promise<Outcome> =>
  new Promise((resolve) => {
    const words = args.match(/'[^']*'|\S+/g)?.map((word) => word.replace(/^'|'$/g, '')) ?? [];
    execFile(program ?? '', words, { env: environment(), cwd: folder, timeout: 25_000 }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, out, err }),
    );
  });

const good = async (program: string | undefined, args: string): Promise<string> => {
  const { code, out, err } = await run(program, args);
  expect({ args, code, err: code === 0 ? '' : err }).toEqual({ args, code: 0, err: '' });
  return out;
};
const bad = async (program: string | undefined, args: string): Promise<string> => {
  const { code, err } = await run(program, args);
  expect({ args, failed: code !== 0 }).toEqual({ args, failed: true });
  return err;
};

/** The words of a printed table's line that begins with this. */
const row = (printed: string, name: string): string[] =>
  printed
    .split('\n')
    .find((line) => line.startsWith(name))
    ?.split(/\s{2,}/)
    .map((cell) => cell.trim()) ?? [];

const manifest = (image: string, value: string) => `
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: applied
spec:
  template:
    spec:
      containers:
        - image: ${image}
          env:
            - { name: A, value: "${value}" }
`;

describe.skipIf(!kn)(`kn${kn ? '' : ' (not on PATH, nor named by KN)'}`, () => {
  test('creates a Service, waits for it, lists, describes and exports it', async () => {
    const created = await good(kn, 'service create hello --image dev.local/hello:v1 --env A=1');
    expect(created).toContain(
      "Service 'hello' created to latest revision 'hello-00001' is available at URL:\nhttp://hello.kagari.localhost:8080",
    );
    expect(await good(kn, 'service list')).toMatch(
      /hello +http:\/\/hello\.kagari\.localhost:8080 +hello-00001 +\S+ +3 OK \/ 3 +True/,
    );
    expect(await good(kn, 'service describe hello')).toContain('100%  @latest (hello-00001)');
    expect(await good(kn, 'service describe hello -o url')).toBe('http://hello.kagari.localhost:8080\n');
    expect(await good(kn, 'service export hello -o yaml')).toContain('image: dev.local/hello:v1');
    expect(await bad(kn, 'service create hello --image dev.local/hello:v1')).toContain(
      'because the service already exists',
    );
  });

  test('updates image, environment, scale, concurrency, traffic and tags', async () => {
    await good(
      kn,
      'service update hello --image dev.local/hello:v2 --env B=2 --scale 1..3 --concurrency-limit 10',
    );
    const spec = api.store.get('Service.serving.knative.dev', 'kagari', 'hello')?.spec;
    expect(spec.template.spec).toMatchObject({
      containerConcurrency: 10,
      containers: [{ image: 'dev.local/hello:v2' }],
    });
    expect(spec.template.metadata.annotations).toMatchObject({
      'autoscaling.knative.dev/min-scale': '1',
      'autoscaling.knative.dev/max-scale': '3',
    });
    await good(kn, 'service update hello --tag hello-00001=stable --traffic hello-00001=90,@latest=10');
    const revisions = await good(kn, 'revision list');
    expect(row(revisions, 'hello-00001')).toEqual(expect.arrayContaining(['90%', 'stable', 'True']));
    expect(row(revisions, 'hello-00002')).toEqual(expect.arrayContaining(['10%', 'True']));
    expect(await good(kn, 'route describe hello')).toContain('http://stable-hello.kagari.localhost:8080');
    await good(kn, 'service update hello --untag stable --traffic @latest=100');
    expect(await good(kn, 'route list')).toContain('hello');
    expect(await good(kn, 'revision describe hello-00001')).toContain('dev.local/hello:v1');
  });

  test('says why a revision failed, and keeps the old one serving', async () => {
    expect(await bad(kn, 'service update hello --image dev.local/missing:v1')).toContain('RevisionFailed');
    expect(await good(kn, 'service describe hello')).toContain('100%  @latest (hello-00002)');
    expect(await good(kn, 'revision list')).toMatch(/hello-00003.*False +ContainerMissing/);
    await good(kn, 'service update hello --image dev.local/hello:v3');
  });

  test.each([
    ['service update hello --traffic hello-00001=50', '50'],
    ['service update hello --traffic nope-00001=100', 'nope-00001'],
    ['service create Bad_Name --image dev.local/hello:v1', 'Bad_Name'],
    ['source ping create p --schedule @every --sink ksvc:hello', '@every'],
    ['service describe nope', 'services.serving.knative.dev "nope" not found'],
    ['domain create localhost --ref hello', 'localhost'],
  ])('%s fails and says why', async (args, message) => {
    expect(await bad(kn, args)).toContain(message);
  });

  test('applies a Service, twice', async () => {
    await good(kn, 'service apply applied-by-kn --image dev.local/hello:v1 --env A=1');
    await good(kn, 'service apply applied-by-kn --image dev.local/hello:v1 --env A=2');
    expect(await good(kn, 'revision list -s applied-by-kn')).toContain('applied-by-kn-00002');
    await good(kn, 'service delete applied-by-kn');
  });

  test('makes, lists, describes and deletes brokers, triggers, sources and domains', async () => {
    await good(kn, 'broker create shop');
    await expect.poll(() => good(kn, 'broker list')).toMatch(/shop .* True/);
    expect(await good(kn, 'broker describe shop')).toContain('/kagari/shop');
    await good(kn, 'trigger create paid --broker shop --sink ksvc:hello --filter type=paid');
    await expect.poll(() => good(kn, 'trigger list')).toMatch(/paid +shop +ksvc:hello .* True/);
    await good(kn, 'trigger update paid --filter type=failed');
    expect(await good(kn, 'trigger describe paid')).toMatch(/type: +failed/);
    await good(kn, "source ping create beat --schedule '0 0 1 1 *' --sink broker:shop --data '{}'");
    await good(
      kn,
      'source binding create bound --subject Service:serving.knative.dev/v1:hello --sink broker:shop',
    );
    await expect.poll(() => good(kn, 'source ping list')).toMatch(/beat .* True/);
    const sources = await good(kn, 'source list');
    expect(sources).toMatch(/beat +PingSource/);
    expect(sources).toMatch(/bound +SinkBinding/);
    expect(await good(kn, 'source list-types')).toContain('kafkasources.sources.knative.dev');
    await good(kn, 'domain create hello.example.com --ref hello');
    await expect
      .poll(() => good(kn, 'domain list'))
      .toMatch(/hello\.example\.com +http:\/\/hello\.example\.com:8080 +True +hello/);
    for (const what of [
      'domain delete hello.example.com',
      'source binding delete bound',
      'source ping delete beat',
      'trigger delete paid',
      'broker delete shop',
    ])
      await good(kn, what);
    expect(await good(kn, 'broker list')).toContain('No brokers found');
  });

  test('makes and deletes secrets', async () => {
    await good(kn, 'secret create pass --from-literal word=open');
    expect(api.store.get('Secret', 'kagari', 'pass')?.data).toEqual({
      word: Buffer.from('open').toString('base64'),
    });
    expect(await good(kn, 'secret list')).toMatch(/pass +Opaque/);
    await good(kn, 'secret delete pass');
    expect(api.store.get('Secret', 'kagari', 'pass')).toBeUndefined();
  });

  test('deletes a revision, and a Service with all it owns', async () => {
    await good(kn, 'revision delete hello-00001');
    await good(kn, 'service delete hello');
    expect(await good(kn, 'service list')).toContain('No services found');
    expect(api.store.list('Revision.serving.knative.dev', 'kagari')).toEqual([]);
  });
});

describe.skipIf(!kubectl)(`kubectl${kubectl ? '' : ' (not on PATH, nor named by KUBECTL)'}`, () => {
  test('applies a Service, changes it by apply and by server-side apply, and says what differs', async () => {
    await writeFile(`${folder}/applied.yaml`, manifest('dev.local/hello:v1', '1'));
    expect(await good(kubectl, 'apply -f applied.yaml')).toBe(
      'service.serving.knative.dev/applied created\n',
    );
    expect(await good(kubectl, 'wait --for=condition=Ready ksvc/applied --timeout 10s')).toContain(
      'condition met',
    );
    await writeFile(`${folder}/applied.yaml`, manifest('dev.local/hello:v1', '2'));
    const differs = await run(kubectl, 'diff -f applied.yaml');
    expect(differs.out).toMatch(/-\s+value: "1"[\s\S]*\+\s+value: "2"/);
    await good(kubectl, 'apply -f applied.yaml');
    expect(await good(kubectl, 'apply --server-side --force-conflicts -f applied.yaml')).toContain(
      'serverside-applied',
    );
    expect(row(await good(kubectl, 'get ksvc'), 'applied')).toEqual([
      'applied',
      'http://applied.kagari.localhost:8080',
      'applied-00002',
      expect.any(String),
      expect.any(String),
      '',
    ]);
    await good(kubectl, 'wait --for=condition=Ready ksvc/applied --timeout 10s');
  });

  test('apply -k takes a folder, dry run changes nothing, strict validation names the field', async () => {
    await writeFile(`${folder}/kustomization.yaml`, 'namespace: kagari\nresources: [applied.yaml]\n');
    await good(kubectl, 'apply -k .');
    const revision = api.store.revision();
    expect(await good(kubectl, 'apply -k . --dry-run=server')).toContain('(server dry run)');
    expect(api.store.revision()).toBe(revision);
    await writeFile(
      `${folder}/wrong.yaml`,
      manifest('dev.local/hello:v1', '1').replace('template:', 'templete:'),
    );
    expect(await bad(kubectl, 'apply -f wrong.yaml')).toContain('unknown field "spec.templete"');
  });

  test('applies a Service that is bound to a sink again and again, changing nothing', async () => {
    const bound = `${manifest('dev.local/hello:v1', '2')}---
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: { name: sink }
---
apiVersion: sources.knative.dev/v1
kind: SinkBinding
metadata: { name: applied }
spec:
  subject: { apiVersion: serving.knative.dev/v1, kind: Service, name: applied }
  sink: { ref: { apiVersion: eventing.knative.dev/v1, kind: Broker, name: sink } }
`;
    await writeFile(`${folder}/bound.yaml`, bound);
    await good(kubectl, 'apply -f bound.yaml');
    const service = () => api.store.get('Service.serving.knative.dev', 'kagari', 'applied');
    await expect.poll(() => JSON.stringify(service()?.spec)).toContain('K_SINK');
    const { generation } = service()?.metadata ?? {};
    await good(kubectl, 'apply -f bound.yaml');
    await good(kubectl, 'apply -f bound.yaml --server-side --force-conflicts');
    expect((await run(kubectl, 'diff -f bound.yaml')).code).toBe(0);
    expect(service()?.metadata.generation).toBe(generation);
    await good(kubectl, 'delete sinkbinding/applied broker/sink');
    await expect.poll(() => JSON.stringify(service()?.spec)).not.toContain('K_SINK');
    await good(kubectl, 'wait --for=condition=Ready ksvc/applied --timeout 10s');
  });

  test("prints Knative's columns of every kind", async () => {
    const printed = await good(kubectl, 'get ksvc,rev,rt,cfg');
    expect(printed).toMatch(
      /NAME +URL +LATESTCREATED +LATESTREADY +READY +REASON\nservice\.serving\.knative\.dev\/applied/,
    );
    expect(printed).toMatch(
      /NAME +CONFIG NAME +GENERATION +READY +REASON +ACTUAL REPLICAS +DESIRED REPLICAS\nrevision/,
    );
    expect(printed).toMatch(/NAME +URL +READY +REASON\nroute/);
    expect(await good(kubectl, 'get all')).toContain('pod/applied-0000');
    for (const kind of [
      'broker',
      'trigger',
      'pingsource',
      'sinkbinding',
      'kafkasource',
      'dm',
      'crd',
      'nodes',
      'events',
      'cm,secret,svc,ns',
    ])
      await good(kubectl, `get ${kind}`);
    expect(await good(kubectl, 'get events')).toMatch(/^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n/);
    expect(
      await good(kubectl, 'get events --field-selector involvedObject.kind=Configuration,reason=Created'),
    ).toContain('configuration/applied');
  });

  test('describes and explains', async () => {
    const described = await good(kubectl, 'describe ksvc applied');
    expect(described).toContain('Latest Ready Revision Name:');
    expect(described).toMatch(
      /Events:[\s\S]*Created +\S+ +service-controller +Created Configuration "applied"/,
    );
    expect(await good(kubectl, 'events --for ksvc.v1.serving.knative.dev/applied')).toContain(
      'Created Configuration',
    );
    expect(await good(kubectl, 'explain ksvc.spec.template.spec')).toContain('containers');
    expect(await good(kubectl, 'api-resources --api-group serving.knative.dev')).toMatch(
      /services +kservice,ksvc +serving\.knative\.dev\/v1/,
    );
  });

  test('shows pods, their logs, what they use, and deletes them', async () => {
    const [latest = ''] = [...plane.running.keys()].toSorted().reverse();
    const fake = plane.running.get(latest);
    const revision = latest.split('/')[1];
    const name = fake?.name ?? '';
    expect(
      row(await good(kubectl, `get pods -l serving.knative.dev/revision=${revision}`), name).slice(1, 4),
    ).toEqual(['1/1', 'Running', '0']);
    await good(kubectl, `wait --for=condition=Ready pod/${name} --timeout 5s`);
    fake?.say('first');
    fake?.say('second');
    expect(await good(kubectl, `logs ${name} --tail 1`)).toBe('second\n');
    expect(await good(kubectl, `logs -l serving.knative.dev/revision=${revision} -c user-container`)).toBe(
      'first\nsecond\n',
    );
    expect(await good(kubectl, 'top pods')).toContain(name);
    expect(await good(kubectl, `describe pod ${name}`)).toMatch(/Ready +True/);
    const following = spawn(kubectl ?? '', ['logs', '-f', name], { env: environment() });
    let followed = '';
    following.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      followed += chunk;
    });
    const ended = once(following, 'close');
    await expect.poll(() => followed).toBe('first\nsecond\n');
    fake?.say('third');
    const deleting = good(kubectl, `delete pod ${name}`);
    await expect.poll(() => api.pods.killed.includes(name)).toBe(true);
    fake?.vanish();
    expect(await deleting).toContain(`pod "${name}" deleted`);
    expect(await ended).toEqual([0, null]);
    expect(followed).toBe('first\nsecond\nthird\n');
  });

  test('patches, labels, annotates, replaces, deletes', async () => {
    expect(await bad(kubectl, 'scale ksvc/applied --replicas 2')).toContain(
      'autoscaling.knative.dev/min-scale',
    );
    await good(kubectl, 'label ksvc applied team=shop');
    await good(kubectl, 'annotate ksvc applied note=yes');
    await good(
      kubectl,
      `patch ksvc applied --type json -p '[{"op":"remove","path":"/metadata/labels/team"}]'`,
    );
    await good(kubectl, `patch ksvc applied --type merge -p '{"metadata":{"labels":{"a":"b"}}}'`);
    expect(api.store.get('Service.serving.knative.dev', 'kagari', 'applied')?.metadata).toMatchObject({
      labels: { a: 'b' },
      annotations: { note: 'yes' },
    });
    expect(
      await bad(
        kubectl,
        `patch ksvc applied --type merge -p '{"spec":{"traffic":[{"percent":1,"latestRevision":true}]}}'`,
      ),
    ).toContain('spec.traffic');
    await good(kubectl, 'create configmap c --from-literal a=1');
    await good(kubectl, 'create secret generic s --from-literal a=1');
    await good(kubectl, 'create namespace n');
    await good(kubectl, 'delete cm/c secret/s ns/n');
    expect(await good(kubectl, 'delete ksvc applied')).toContain('deleted');
    expect(await good(kubectl, 'get ksvc,rev,rt,cfg,pods')).toBe('');
  });

  test.each([
    ['exec any -- ls', 'pods "any" not found'],
    ['run x --image y', 'serving.knative.dev/v1 Service'],
    ['get deployments', "doesn't have a resource type"],
    ['get --raw /apis/apps/v1', 'serving.knative.dev/v1 Service'],
  ])('%s is refused', async (args, message) => {
    expect(await bad(kubectl, args)).toContain(message);
  });

  test('with another token is who that token names', async () => {
    expect(await bad(kubectl, 'get ksvc --token wrong')).toMatch(/Unauthorized|logged in/);
    expect(await bad(kubectl, `delete ksvc x --token ${api.tokens.console}`)).toContain(
      'User "console" cannot delete',
    );
    expect(await good(kubectl, `get ksvc --token ${api.tokens.console}`)).toBe('');
  });
});
