import type { RevisionSpec as Template } from '../../admission/serving/pod-schema.ts';
import type { Key } from '../../store/controller.ts';
import type { KubeObject } from '../../store/types.ts';

/** ConfigMaps and Secrets whose files a Revision's pods have: `ConfigMap namespace/name`. */
const filesOf = ({ metadata, spec }: KubeObject): string[] => {
  const { volumes = [] }: Template = spec;
  const at = (kind: string) => (name: string | undefined) =>
    name ? [`${kind} ${metadata.namespace}/${name}`] : [];
  return volumes.flatMap(({ configMap, secret, projected }) => [
    ...at('ConfigMap')(configMap?.name),
    ...at('Secret')(secret?.secretName),
    ...(projected?.sources ?? []).flatMap((source) => [
      ...at('ConfigMap')(source.configMap?.name),
      ...at('Secret')(source.secret?.name),
    ]),
  ]);
};

/** Which Revisions have a ConfigMap's or Secret's files: found by name, not by looking through all. */
export const createReferences = () => {
  const users = new Map<string, Set<Key>>();
  return {
    add(key: Key, revision: KubeObject): void {
      for (const source of filesOf(revision)) users.set(source, (users.get(source) ?? new Set()).add(key));
    },
    remove(key: Key, revision: KubeObject): void {
      for (const source of filesOf(revision)) {
        users.get(source)?.delete(key);
        if (users.get(source)?.size === 0) users.delete(source);
      }
    },
    usersOf: ({ kind, metadata }: KubeObject): Key[] => [
      ...(users.get(`${kind} ${metadata.namespace}/${metadata.name}`) ?? []),
    ],
  };
};
