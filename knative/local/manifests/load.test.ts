import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadManifests } from './load.ts';
import { ManifestError, renderMistake } from './manifest-error.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

const folderWith = async (files: Record<string, string>) => {
  const folder = await mkdtemp(join(tmpdir(), 'kagari manifests '));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
};

const load = async (files: Record<string, string>, at = '') => {
  const manifests = await loadManifests(join(await folderWith(files), at));
  return manifests.map(
    ({ object: { kind, metadata } }) => `${kind} ${metadata.namespace ?? '-'}/${metadata.name}`,
  );
};

const mistakes = async (files: Record<string, string>, at = '') => {
  const folder = await folderWith(files);
  const error = await loadManifests(join(folder, at)).catch((error) => error);
  expect(error).toBeInstanceOf(ManifestError);
  return (error as ManifestError).mistakes.map((mistake) =>
    renderMistake(mistake).replaceAll(`${folder}/`, '').replaceAll(folder, '.'),
  );
};

const service = (
  name: string,
  image = `dev.local/${name}:dev`,
  more = '',
) => `apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: ${name}
spec:
  template:
    spec:
      containers:
        - image: ${image}${more}
`;
const configMap = (name: string, data = '{}') => `apiVersion: v1
kind: ConfigMap
metadata: { name: ${name} }
data: ${data}
`;

describe('a folder', () => {
  it('is its YAML files by name, with all their documents', async () => {
    const files = {
      'b.yaml': configMap('b'),
      'a.yml': `# words only\n---\n${configMap('a1')}---\n---\n${configMap('a2')}`,
      'notes.md': '#',
    };
    expect(await load(files)).toEqual([
      'ConfigMap default/a1',
      'ConfigMap default/a2',
      'ConfigMap default/b',
    ]);
  });

  it('with a kustomization is its resources, folders too, in its namespace and with its labels', async () => {
    const folder = await folderWith({
      'kustomization.yaml':
        'namespace: kagari\nresources: [ns.yaml, one.yaml, more]\nlabels: [{ pairs: { app: shop } }]\n',
      'ns.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: x }\n',
      'one.yaml': configMap('one'),
      'more/kustomization.yaml': 'namespace: other\nresources: [two.yaml]\n',
      'more/two.yaml': configMap('two'),
      'unnamed.yaml': configMap('unnamed'),
    });
    expect((await loadManifests(folder)).map(({ object }) => object.metadata)).toEqual([
      { name: 'kagari', labels: { app: 'shop' } },
      { name: 'one', namespace: 'kagari', labels: { app: 'shop' } },
      { name: 'two', namespace: 'kagari', labels: { app: 'shop' } },
    ]);
  });

  it('may be a file, and a List its items', async () => {
    const list =
      'kind: List\napiVersion: v1\nitems:\n- { apiVersion: v1, kind: Namespace, metadata: { name: a } }\n- { apiVersion: v1, kind: Namespace, metadata: { name: B } }\n';
    expect(await load({ 'x.yaml': configMap('x') }, 'x.yaml')).toEqual(['ConfigMap default/x']);
    expect((await mistakes({ 'x.yaml': list }))[0]).toMatch(/^x.yaml:5: metadata.name: Invalid value: "B"/);
  });

  it('is read as Go reads YAML', async () => {
    const text = `${configMap('go', '{ at: "12:30" }')}immutable: yes\n`;
    expect(await load({ 'x.yaml': text })).toEqual(['ConfigMap default/go']);
    const times = configMap('go', '{ at: 12:30, day: 2026-01-01 }');
    expect(await load({ 'x.yaml': times })).toEqual(['ConfigMap default/go']);
  });
});

describe('mistakes', () => {
  it('are all told at once, each with file, line and field', async () => {
    const files = {
      'a.yaml': `${service('aa', 'dev.local/aa:dev', '\n          imagePullPolicy: Sometimes\n          env:\n            - name: X\n              value: 5')}---\n${configMap('ok')}`,
      'b.yaml': service('bb', 'dev.local/bb:dev', '\n          volumeMount: []'),
      'c.yaml': service('cc').replace(
        'spec:\n  template',
        'spec:\n  traffic:\n    - percent: 60\n  template',
      ),
    };
    expect(await mistakes(files)).toEqual([
      'a.yaml:10: spec.template.spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "IfNotPresent"',
      'a.yaml:13: spec.template.spec.containers[0].env[0].value: Invalid value: expected string, got 5 (number): put it in quotes',
      'b.yaml:10: spec.template.spec.containers[0].volumeMount: unknown field: did you mean "volumeMounts"?',
      'c.yaml:6: spec.traffic: Traffic targets sum to 60, want 100',
    ]);
  });

  it.each<[string, Record<string, string>, string]>([
    ['syntax', { 'a.yaml': 'kind: X\n\tb: c\n' }, 'a.yaml:2: '],
    ['keys twice', { 'a.yaml': 'kind: X\nkind: Y\n' }, 'a.yaml:2: Map keys must be unique'],
    ['no object', { 'a.yaml': '- 1\n' }, 'a.yaml:1: expected an object with apiVersion and kind'],
    ['no kind', { 'a.yaml': 'apiVersion: v1\n' }, 'a.yaml:1: kind: Required value'],
    [
      'other kinds',
      { 'a.yaml': 'apiVersion: apps/v1\nkind: Deployment\n' },
      'a.yaml:2: kind: apps/v1 Deployment is not served by the local runtime: served are Namespace, ConfigMap',
    ],
    [
      'kinds misspelt',
      { 'a.yaml': 'apiVersion: eventing.knative.dev/v1\nkind: Triger\n' },
      'a.yaml:2: kind: eventing.knative.dev/v1 Triger is not served by the local runtime; did you mean Trigger?',
    ],
    [
      'versions',
      { 'a.yaml': 'apiVersion: serving.knative.dev/v1beta1\nkind: Service\n' },
      'a.yaml:1: apiVersion: no Service in serving.knative.dev/v1beta1; Service is served in v1 and serving.knative.dev/v1',
    ],
    [
      'one object twice',
      { 'a.yaml': configMap('a'), 'b.yaml': configMap('a') },
      'b.yaml:3: metadata.name: ConfigMap "a" stands at a.yaml:3, too',
    ],
    ['nothing', { 'notes.md': '' }, '.: no kustomization.yaml and no *.yaml here'],
    [
      'what kustomize alone can do',
      { 'kustomization.yaml': 'resources: [a.yaml]\npatches: []\n', 'a.yaml': configMap('a') },
      'kustomization.yaml:2: patches: not read by the runtime: render it with `kubectl kustomize .` and start from what comes out',
    ],
    [
      'missing resources',
      { 'kustomization.yaml': 'resources:\n  - a.yaml\n' },
      'kustomization.yaml:2: resources: a.yaml: no such file or folder',
    ],
    [
      'resources outside',
      {
        'kustomization.yaml': 'resources: [in]\n',
        'in/kustomization.yaml': 'resources: [../a.yaml]\n',
        'a.yaml': configMap('a'),
      },
      'in/kustomization.yaml:1: resources: ../a.yaml is not in or below in',
    ],
    [
      'circles',
      { 'kustomization.yaml': 'resources: [in]\n', 'in/kustomization.yaml': 'resources: [..]\n' },
      'in/kustomization.yaml:1: resources: ..: these kustomizations include each other',
    ],
    [
      'metadata that is none',
      { 'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: [x]\n' },
      'a.yaml:3: metadata.name: Required value: name or generateName is required',
    ],
    [
      'bombs of aliases',
      {
        'a.yaml': `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n`,
      },
      'a.yaml:1: Excessive alias count',
    ],
  ])('%s', async (_, files, message) => {
    const [first, ...rest] = await mistakes(files);
    expect(first?.startsWith(message), first).toBe(true);
    expect(rest).toEqual([]);
  });
});

it('our own manifests are without a mistake', async () => {
  const manifests = await loadManifests(join(import.meta.dirname, '../../manifests/base'));
  expect(new Set(manifests.map(({ object }) => object.metadata.namespace))).toEqual(
    new Set(['kagari', undefined]),
  );
});
