import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { KubeObject } from '../../knative/local/store/types.ts';
import { willBeGiven } from './prepare.ts';
import { openFolder, standing, startDeploy } from './testing.ts';

// A cluster is on few machines: here a program answers as its kubectl, and writes down what it was asked.
let folder: Awaited<ReturnType<typeof openFolder>>;
beforeAll(async () => {
  folder = await openFolder();
  await folder.write(
    'fake-kubectl',
    `#!${process.execPath}
const { appendFileSync, readFileSync } = require('node:fs');
const words = process.argv.slice(2).join(' ');
appendFileSync('${join(folder.path, 'calls')}', words + '\\n');
const answers = JSON.parse(readFileSync('${join(folder.path, 'answers')}', 'utf8'));
const found = answers.find(([part]) => words.includes(part));
if (!found) process.exitCode = 1;
process.stdout.write(found?.[1] ?? '');
`,
    0o755,
  );
});
afterAll(() => folder.remove());

const asItems = (objects: KubeObject[]) => JSON.stringify({ items: objects });
const secret = (url: string) => ({
  ...standing('v1', 'Secret', 'database-admin'),
  data: { url: Buffer.from(url).toString('base64') },
});
const deployment = (place: string) => {
  const [namespace, name = ''] = place.split('/');
  return standing('apps/v1', 'Deployment', name, {
    metadata: { namespace },
    status: { availableReplicas: 1 },
  });
};
const pod = (image: string, memory: string) => ({
  spec: { template: { spec: { containers: [{ image, resources: { requests: { memory } } }] } } },
});
const overlay = [
  standing('v1', 'Namespace', 'kagari'),
  standing('apps/v1', 'StatefulSet', 'postgres', pod('postgres:18', '1Gi')),
  standing('v1', 'Service', 'postgres'),
  standing('v1', 'ConfigMap', 'payments'),
];

/** What the cluster is, with these Secrets of ours; its one node has room for all but the database. */
const cluster = async (secrets: KubeObject[]) => {
  const allocatable = { memory: '512Mi', cpu: '4' };
  const node = standing('v1', 'Node', 'n', { status: { allocatable } });
  const deployments = [
    ...['controller', 'webhook', 'activator', 'autoscaler', 'net-kourier-controller'].map(
      (name) => `knative-serving/${name}`,
    ),
    'kourier-system/3scale-kourier-gateway',
  ].map(deployment);
  const answers = [
    ['config get-contexts', 'there\n'],
    ['config current-context', 'there\n'],
    ['config view', '{}'],
    ['/version', '{"gitVersion":"v1.35.0"}'],
    ['get namespace kagari', ''],
    ['get secrets,configmaps', asItems(secrets)],
    ['kustomize', overlay.map((object) => stringify(object)).join('---\n')],
    ['--namespaced=false', 'namespaces\n'],
    ['api-resources', 'services.serving.knative.dev\ningresses.networking.internal.knative.dev\n'],
    ['get deployments.apps,statefulsets.apps', asItems(deployments)],
    ['metadata.name=config-kourier', asItems([standing('v1', 'ConfigMap', 'config-kourier')])],
    ['get configmaps', asItems([])],
    ['create -f - -o jsonpath', 'true\n'.repeat(9)],
    ['get nodes', asItems([node])],
    ['get pods', asItems([])],
    ['get services.serving.knative.dev', asItems([])],
    ['delete', ''],
  ];
  await folder.write('answers', JSON.stringify(answers));
  await folder.write('calls', '');
};
const deploy = (args: string[], env: Record<string, string> = {}) =>
  startDeploy(
    ['-c', 'current', '--overlay', 'lab', '--kubectl', 'fake-kubectl', '--no-build', '--yes', ...args],
    { PATH: `${folder.path}:${process.env.PATH}`, ...env },
  ).ended;
const calls = () => readFile(join(folder.path, 'calls'), 'utf8');
const given = { DATABASE_URL: 'postgres://owner:of-all@db.example:6543/kagari' };
const own = 'postgres://kagari:x@postgres.kagari.svc.cluster.local:5432/kagari';

describe('a dry run', () => {
  // All functions are bundled for it.
  it('has no overlay’s database, nor room for it, where one is given, warns, and changes nothing', {
    timeout: 120_000,
  }, async () => {
    await cluster([]);
    const { code, out, err } = await deploy(['--dry-run'], given);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('  apply ConfigMap payments\n');
    expect(out).not.toContain('postgres');
    expect(out).toMatch(/^warning: .* fake-kubectl --context there patch configmap\/config-kourier /m);
    expect(await calls()).not.toMatch(/ (apply|delete|patch|replace) /);
  });
});

describe('the overlay’s database is left out', () => {
  it.each([
    ['is given', { databaseUrl: given.DATABASE_URL }, undefined, true],
    ['was given before', {}, true, true],
    ['was given before, and the platform goes first', { cleanup: 'fresh' }, true, false],
    ['was made before', {}, false, false],
    ['is named that is the overlay’s', { databaseUrl: own }, true, false],
    ['was never there', {}, undefined, false],
  ] as const)('or not, where one %s', (_, options, onGiven, left) => {
    expect(willBeGiven(options, onGiven)).toBe(left);
  });
});

describe('--cleanup-only', () => {
  it('says that a given database stays, how to note its operator’s login, and no password', async () => {
    await cluster([secret(given.DATABASE_URL)]);
    const { code, out, err } = await deploy(['--cleanup-only']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^ {2}fake-kubectl --context there -n kagari get secret operator-bootstrap -o /m);
    expect(out).toMatch(
      /^removing the namespace kagari of there with all data in it, but not your database/m,
    );
    expect(out).toMatch(/^nothing of ours is left but what is in your database$/m);
    expect(out).not.toContain('of-all');
    expect(await calls()).toContain('delete namespace kagari');
  });

  it('says that the overlay’s database goes', async () => {
    await cluster([secret(own)]);
    const { out } = await deploy(['--cleanup-only'], given);
    expect(out).toMatch(
      /^removing the namespace kagari of there, its database and all other data included$/m,
    );
    expect(out).toMatch(/^nothing of ours is left$/m);
  });
});
