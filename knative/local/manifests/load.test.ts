import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Check, loadManifests } from './load.ts';
import type { ManifestError } from './problem.ts';

const folderWith = async (files: Record<string, string>) => {
  const folder = await mkdtemp(join(tmpdir(), 'kagari manifests '));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
};

const service = (name: string, more = '') =>
  `apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: ${name}\n${more}`;

const fine: Check = () => [];

const problemsOf = async (files: Record<string, string>, check = fine) => {
  const folder = await folderWith(files);
  const error = await loadManifests(folder, check).then(
    () => undefined,
    (reason: ManifestError) => reason,
  );
  return error?.message.replaceAll(`${folder}/`, '') ?? 'no problem';
};

describe('manifests', () => {
  it('are all YAML files of a folder in order, several documents each', async () => {
    const folder = await folderWith({
      'b.yaml': service('b'),
      'a.yml': `${service('a1')}---\n---\n${service('a2')}`,
      'notes.md': '#',
    });
    const objects = await loadManifests(folder, fine);
    expect(objects.map(({ metadata }) => metadata)).toEqual(
      ['a1', 'a2', 'b'].map((name) => ({ name, namespace: 'default' })),
    );
  });

  it('are a kustomization’s resources in its namespace, folders included', async () => {
    const folder = await folderWith({
      'kustomization.yaml': 'namespace: kagari\nresources: [one.yaml, more]\n',
      'one.yaml': service('one'),
      'more/kustomization.yaml': 'namespace: other\nresources: [two.yaml]\n',
      'more/two.yaml': service('two'),
      'unnamed.yaml': service('unnamed'),
    });
    const objects = await loadManifests(folder, fine);
    expect(objects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
      'kagari/one',
      'kagari/two',
    ]);
  });

  it('tell all that is wrong at once, each with file, line and field', async () => {
    const check: Check = ({ spec }) =>
      spec?.imge ? [{ path: ['spec', 'imge'], message: 'unknown field, did you mean image?' }] : [];
    const message = await problemsOf(
      {
        'a.yaml': service('a', 'spec:\n  x: 1\n  imge: y\n'),
        'b.yaml': 'kind: Service\n',
        'c.yaml': 'a: [1\nb: 2\n',
      },
      check,
    );
    expect(message).toContain('a.yaml:7: spec.imge: unknown field, did you mean image?');
    expect(message).toContain('b.yaml:1: apiVersion: expected a string');
    expect(message).toMatch(/c\.yaml:\d: /);
  });

  it.each([
    [
      'a kind of another version',
      { 'a.yaml': 'apiVersion: serving.knative.dev/v1beta1\nkind: Service\nmetadata: {name: a}\n' },
      /a\.yaml:2: kind: .*did you mean Service of /,
    ],
    [
      'an object twice',
      { 'a.yaml': `${service('a')}---\n${service('a')}` },
      /a\.yaml:9: metadata\.name: Service a stands at .*a\.yaml:4/,
    ],
    [
      'a missing resource',
      { 'kustomization.yaml': 'namespace: k\nresources:\n  - gone.yaml\n' },
      /kustomization\.yaml:3: resources\[0\]: gone\.yaml: there is no such/,
    ],
    [
      'what needs rendering',
      { 'kustomization.yaml': 'resources: []\npatches: []\n' },
      /kustomization\.yaml:2: patches: .*kubectl kustomize/,
    ],
    ['an empty folder', {}, /no manifest here/],
    ['a key twice', { 'a.yaml': 'a: 1\na: 2\n' }, /a\.yaml:2: /],
  ])('refuse %s', async (_, files, expected) => {
    expect(await problemsOf(files)).toMatch(expected);
  });

  it('refuse a circle of kustomizations', async () => {
    expect(
      await problemsOf({
        'kustomization.yaml': 'resources: [sub]\n',
        'sub/kustomization.yaml': 'resources: [..]\n',
      }),
    ).toMatch(/circle/);
  });
});
