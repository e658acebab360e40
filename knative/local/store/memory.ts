import type { Kind, KubeObject, Reader } from './types.ts';

/** What a write does to one object: `now` absent is its end. */
export interface Change {
  kind: Kind;
  old?: KubeObject;
  now?: KubeObject;
  revision: number;
}

export interface Memory extends Reader {
  apply(changes: readonly Change[]): void;
  /** Takes back what apply did. */
  revert(changes: readonly Change[]): void;
  byUid(uid: string): KubeObject | undefined;
  inNamespace(namespace: string): { kind: Kind; object: KubeObject }[];
}

type Names = Map<string, KubeObject>;

/** All objects by kind, namespace and name, and by uid of their owners. */
export const createMemory = (): Memory => {
  const kinds = new Map<Kind, Map<string, Names>>();
  const uids = new Map<string, KubeObject>();
  const dependents = new Map<string, Map<string, { kind: Kind; object: KubeObject }>>();

  const put = (kind: Kind, object: KubeObject) => {
    const { namespace = '', name, uid, ownerReferences = [] } = object.metadata;
    reach(reach(kinds, kind), namespace).set(name, object);
    uids.set(uid, object);
    for (const owner of ownerReferences) reach(dependents, owner.uid).set(uid, { kind, object });
  };

  const drop = (kind: Kind, object: KubeObject) => {
    const { namespace = '', name, uid, ownerReferences = [] } = object.metadata;
    const namespaces = kinds.get(kind);
    const names = namespaces?.get(namespace);
    names?.delete(name);
    if (names?.size === 0) namespaces?.delete(namespace);
    uids.delete(uid);
    for (const owner of ownerReferences) {
      const owned = dependents.get(owner.uid);
      owned?.delete(uid);
      if (owned?.size === 0) dependents.delete(owner.uid);
    }
  };

  const replace = (kind: Kind, old: KubeObject | undefined, now: KubeObject | undefined) => {
    if (old) drop(kind, old);
    if (now) put(kind, now);
  };

  return {
    get: (kind, namespace, name) =>
      kinds
        .get(kind)
        ?.get(namespace ?? '')
        ?.get(name),
    list: (kind, namespace) => {
      const namespaces = kinds.get(kind);
      const chosen =
        namespace === undefined ? [...(namespaces?.values() ?? [])] : [namespaces?.get(namespace)];
      return chosen.flatMap((names) => [...(names?.values() ?? [])]).sort(byName);
    },
    owned: (uid, kind) =>
      [...(dependents.get(uid)?.values() ?? [])]
        .filter((entry) => kind === undefined || entry.kind === kind)
        .map((entry) => entry.object)
        .sort(byName),
    byUid: (uid) => uids.get(uid),
    inNamespace: (namespace) =>
      [...kinds].flatMap(([kind, namespaces]) =>
        [...(namespaces.get(namespace)?.values() ?? [])].map((object) => ({ kind, object })),
      ),
    apply: (changes) => {
      for (const { kind, old, now } of changes) replace(kind, old, now);
    },
    revert: (changes) => {
      for (const { kind, old, now } of changes.toReversed()) replace(kind, now, old);
    },
  };
};

const reach = <K, A, B>(map: Map<K, Map<A, B>>, key: K): Map<A, B> => {
  const inner = map.get(key) ?? new Map<A, B>();
  map.set(key, inner);
  return inner;
};

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const byName = (a: KubeObject, b: KubeObject) =>
  compare(a.metadata.namespace ?? '', b.metadata.namespace ?? '') ||
  compare(a.metadata.name, b.metadata.name);
