import { randomUUID } from 'node:crypto';
import { frozen, sameJson } from './json.ts';
import { type KindInfo, kindInfo, kindOf } from './kinds.ts';
import type { Change, Memory } from './memory.ts';
import { sameSpec, serverFields, stamped } from './server-fields.ts';
import { alreadyExists, badRequest, conflict, invalid, notFound } from './status-error.ts';
import type { Admit, Kind, KubeObject, NewObject, RemoveOptions, WriteOptions } from './types.ts';

/** What a write would do to the objects as they stand, and what it answers. No changes: nothing to write. */
export interface Plan {
  changes: Change[];
  answer: KubeObject;
}

export interface Planner {
  memory: Memory;
  admit: Admit;
  /** Gives out the next resourceVersion. */
  next(): number;
}

export type Planned = (planner: Planner) => Plan;

export const planCreate =
  (object: NewObject, options: WriteOptions): Planned =>
  ({ memory, admit, next }) => {
    const info = kindInfo(kindOf(object));
    const { name } = object.metadata;
    const namespace = place(info, object);
    if (object.metadata.resourceVersion)
      throw badRequest('resourceVersion should not be set on objects to be created');
    if (memory.get(info.kind, namespace, name)) throw alreadyExists(info, name);
    const { status, ...rest } = object;
    const { uid, generation, creationTimestamp, deletionTimestamp, ...metadata } = object.metadata;
    const given: NewObject = { ...rest, ...(info.status ? {} : { status }), metadata };
    const admitted = admit({ kind: info.kind, object: frozen(given), read: memory, ...asked(options) });
    owners(info, admitted, memory);
    const revision = next();
    const answer = stamped(info, admitted, {
      name,
      namespace,
      uid: randomUUID(),
      resourceVersion: String(revision),
      ...(info.status && { generation: 1 }),
      creationTimestamp: now(),
    });
    return { changes: [{ kind: info.kind, now: answer, revision }], answer };
  };

export const planUpdate =
  (object: NewObject, options: WriteOptions): Planned =>
  ({ memory, admit, next }) => {
    const { info, old } = standing(object, memory);
    const { status, ...rest } = object;
    const given = info.status ? { ...rest, status: old.status } : object;
    const admitted = admit({ kind: info.kind, object: frozen(given), old, read: memory, ...asked(options) });
    const kept = serverFields(old);
    const same = stamped(info, admitted, kept);
    if (sameJson(same, old)) return { changes: [], answer: old };
    owners(info, admitted, memory);
    const revision = next();
    const generation = (old.metadata.generation ?? 1) + (sameSpec(same, old) ? 0 : 1);
    const answer = stamped(info, admitted, {
      ...kept,
      resourceVersion: String(revision),
      ...(info.status && { generation }),
    });
    return { changes: [{ kind: info.kind, old, now: answer, revision }], answer };
  };

export const planStatus =
  (object: NewObject): Planned =>
  ({ memory, next }) => {
    const { info, old } = standing(object, memory);
    if (!info.status) throw badRequest(`${info.kind} has no status to write`);
    if (sameJson(object.status, old.status)) return { changes: [], answer: old };
    const revision = next();
    const metadata = { ...old.metadata, resourceVersion: String(revision) };
    const answer = frozen({ ...old, metadata, status: object.status });
    return { changes: [{ kind: info.kind, old, now: answer, revision }], answer };
  };

export const planRemove =
  (kind: Kind, namespace: string | undefined, name: string, only: RemoveOptions): Planned =>
  ({ memory, next }) => {
    const info = kindInfo(kind);
    const found = memory.get(kind, namespace, name);
    if (!found) throw notFound(info, name);
    guard(info, found, only);
    const changes: Change[] = [];
    const gone = new Set([found.metadata.uid]);
    const queue = [{ kind, object: found }];
    for (const { kind, object } of queue) {
      changes.push({ kind, old: object, revision: next() });
      const inside = kind === 'Namespace' ? memory.inNamespace(object.metadata.name) : [];
      const owned = memory.owned(object.metadata.uid).map((object) => ({ kind: kindOf(object), object }));
      for (const dependent of [...inside, ...owned]) {
        const { uid, ownerReferences = [] } = dependent.object.metadata;
        const otherOwner = ownerReferences.some((owner) => !gone.has(owner.uid) && memory.byUid(owner.uid));
        if (gone.has(uid) || (otherOwner && !inside.includes(dependent))) continue;
        gone.add(uid);
        queue.push(dependent);
      }
    }
    const [first] = changes;
    const answer = deleted(found, first?.revision ?? 0);
    return { changes, answer };
  };

/** A removed object as its watchers see it: at the resourceVersion of its removal. */
export const deleted = (object: KubeObject, revision: number): KubeObject =>
  frozen({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });

const asked = ({ user, warn = () => {} }: WriteOptions) => ({ user, warn });

const now = () => `${new Date().toISOString().slice(0, 19)}Z`;

/** The namespace an object lives in; throws where it does not fit its kind, or its name cannot stand in a path. */
const place = (info: KindInfo, { metadata: { name, namespace } }: NewObject): string | undefined => {
  for (const segment of [name, namespace ?? 'none']) {
    if (!segment || segment === '.' || segment === '..' || /[/%\0]/.test(segment))
      throw invalid(info, name, [
        {
          reason: 'FieldValueInvalid',
          field: 'metadata.name',
          message: `Invalid value: ${JSON.stringify(segment)}: may not be empty, '.', '..' or contain '/' or '%'`,
        },
      ]);
  }
  if (info.namespaced && !namespace)
    throw badRequest(`an empty namespace may not be set: ${info.kind} "${name}"`);
  return info.namespaced ? namespace : undefined;
};

const standing = (object: NewObject, memory: Memory) => {
  const info = kindInfo(kindOf(object));
  const { name, uid, resourceVersion } = object.metadata;
  const old = memory.get(info.kind, place(info, object), name);
  if (!old) throw notFound(info, name);
  guard(info, old, { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) });
  return { info, old };
};

const guard = (info: KindInfo, found: KubeObject, only: { uid?: string; resourceVersion?: string }) => {
  const { name, uid, resourceVersion } = found.metadata;
  if (only.uid && only.uid !== uid) {
    throw conflict(
      info,
      name,
      `Precondition failed: UID in precondition: ${only.uid}, UID in object meta: ${uid}`,
    );
  }
  if (only.resourceVersion && only.resourceVersion !== resourceVersion) {
    throw conflict(
      info,
      name,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
};

/** An object whose owners are all gone would be collected at once: it is refused. */
const owners = (info: KindInfo, { metadata: { name, ownerReferences = [] } }: NewObject, memory: Memory) => {
  if (ownerReferences.length === 0 || ownerReferences.some((owner) => memory.byUid(owner.uid))) return;
  const causes = ownerReferences.map((owner, index) => ({
    reason: 'FieldValueNotFound',
    field: `metadata.ownerReferences[${index}].uid`,
    message: `Not found: "${owner.uid}" (${owner.kind} "${owner.name}")`,
  }));
  throw invalid(info, name, causes);
};
