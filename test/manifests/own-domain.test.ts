import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kubectl, unless } from '../acceptance/support/tools.ts';
import { nameOf, type Rendered, render } from './render.ts';

const root = join(import.meta.dirname, '../..');

describe.skipIf(!kubectl)(`the overlay that docs/deploy.md shows${unless(kubectl, 'KUBECTL')}`, () => {
  let manifests: string;
  let production: Rendered[];
  let shop: Rendered[];
  beforeAll(async () => {
    manifests = await mkdtemp(join(tmpdir(), 'kagari-manifests-'));
    await cp(join(root, 'knative/manifests'), manifests, { recursive: true });
    const folder = join(manifests, 'overlays/shop');
    await mkdir(folder);
    await writeFile(join(folder, 'kustomization.yaml'), await shown());
    [production, shop] = await Promise.all([render('overlays/production'), render(folder)]);
  });
  afterAll(() => rm(manifests, { recursive: true, force: true }));

  const the = (objects: Rendered[], kind: string, name?: string) =>
    objects.find((object) => object.kind === kind && (!name || object.metadata.name === name)) as Rendered;

  it('is production under another domain', () => {
    for (const kind of ['ClusterDomainClaim', 'DomainMapping']) {
      expect(the(shop, kind).metadata.name).toBe('shop.example.org');
      expect(the(shop, kind).spec).toEqual(the(production, kind).spec);
    }
    const others = (objects: Rendered[]) =>
      objects
        .filter(({ kind }) => !/Domain/.test(kind))
        .map(nameOf)
        .sort();
    expect(others(shop)).toEqual(others(production));
    expect(JSON.stringify(shop)).not.toContain('kagari.example.com');
  });

  it('lets the brokers of Kafka share a node, which production does not', () => {
    const affinity = (objects: Rendered[]) =>
      the(objects, 'StatefulSet', 'kafka').spec.template.spec.affinity;
    expect(affinity(production).podAntiAffinity).toHaveProperty(
      'requiredDuringSchedulingIgnoredDuringExecution',
    );
    expect(affinity(shop)).toBeUndefined();
  });
});

/** Both of its blocks of YAML: the kustomization, and the patch that is added to it. */
const shown = async (): Promise<string> => {
  const text = await readFile(join(root, 'docs/deploy.md'), 'utf8');
  return [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block]) => block).join('');
};
