import { type Keeper, namespace } from '../../knative/local/secrets/kept.ts';
import type { KubeObject, NewObject } from '../../knative/local/store/types.ts';
import type { Kubectl } from './kubectl.ts';
import { kindOf, nameOf } from './overlay.ts';

/**
 * A cluster's Secrets and ConfigMaps of our namespace, read now and written through kubectl's stdin. A write over what
 * somebody else changed meanwhile is refused. `wrote` hears what was made, never its content.
 */
export const openClusterKeeper = async (kubectl: Kubectl, wrote: (what: string) => void): Promise<Keeper> => {
  const found = await kubectl.list('secrets,configmaps', ['-n', namespace]);
  const standing = new Map(found.map((object) => [keyOf(kindOf(object), object.metadata.name), object]));
  const write = async (verb: 'create' | 'replace', object: NewObject): Promise<KubeObject> => {
    const written = JSON.parse(
      await kubectl.run([verb, '-f', '-', '-o', 'json'], JSON.stringify(object)),
    ) as KubeObject;
    standing.set(keyOf(kindOf(written), written.metadata.name), written);
    wrote(nameOf(written));
    return written;
  };
  return {
    get: (kind, where, name) =>
      // The overlay has made it.
      kind === 'Namespace' || where === namespace
        ? (standing.get(keyOf(kind, name)) ?? given(kind, name))
        : undefined,
    create: (object) => write('create', object),
    update: (object) => write('replace', object),
  };
};

const keyOf = (kind: string, name: string) => `${kind}/${name}`;

const given = (kind: string, name: string): KubeObject | undefined =>
  kind === 'Namespace'
    ? {
        apiVersion: 'v1',
        kind,
        metadata: { name, uid: '', resourceVersion: '', creationTimestamp: '' },
      }
    : undefined;
