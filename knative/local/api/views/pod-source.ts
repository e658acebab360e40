import type { PodView } from '../../serving/ports.ts';
import { createHistory } from '../../store/history.ts';
import { frozen, sameJson } from '../../store/json.ts';
import type { Change } from '../../store/memory.ts';
import type { KubeObject, Log, Reader } from '../../store/types.ts';
import type { Pods, Source } from '../ports.ts';
import { podObject, revisionOf, type Since } from './pod-object.ts';

interface Seen {
  object: KubeObject;
  /** As it was when the pod was first seen: it may be gone before its last pod is. */
  revision: KubeObject | undefined;
  ready: boolean;
  since: Since;
}

const historyLimit = 1_000;

/**
 * Pods with resourceVersions of their own: whatever has changed since the last look is a change now. The versions
 * begin at the time of the start, so that those of an earlier run are too old.
 */
export const createPodSource = (
  { pods, store, log }: { pods: Pods; store: Pick<Reader, 'get'>; log: Log },
  now: () => Date = () => new Date(),
): Required<Omit<Source, 'refresh'>> & { stop(): void } => {
  let revision = now().getTime();
  let seen = new Map<string, Seen>();
  const history = createHistory({ limit: historyLimit, revision: () => revision, log });

  const look = (): void => {
    const changes: Change[] = [];
    const next = new Map<string, Seen>();
    for (const view of pods.pods()) {
      const key = keyOf(view);
      const before = seen.get(key);
      const current = see(view, before);
      if (before && sameJson(before.object, current.object)) {
        next.set(key, before);
        continue;
      }
      const object = versioned(current.object, ++revision);
      next.set(key, { ...current, object });
      changes.push({ kind: 'Pod', now: object, revision, ...(before && { old: before.object }) });
    }
    for (const [key, { object }] of seen)
      if (!next.has(key)) changes.push({ kind: 'Pod', old: object, revision: ++revision });
    seen = next;
    if (changes.length > 0) history.publish(changes);
  };

  const see = (view: PodView, before: Seen | undefined): Seen => {
    const { namespace, name } = revisionOf(view);
    const owner = before?.revision ?? store.get('Revision.serving.knative.dev', namespace, name);
    const since: Since = {
      ready: before && before.ready === view.ready ? before.since.ready : now(),
      ...(view.phase === 'Terminating' && { deleted: before?.since.deleted ?? now() }),
    };
    const fresh = podObject(view, owner, since);
    const object = before ? versioned(fresh, Number(before.object.metadata.resourceVersion)) : fresh;
    return { object, revision: owner, ready: view.ready, since };
  };

  const stop = pods.onChange(look);
  look();
  return {
    stop,
    get: (namespace, name) => {
      look();
      return seen.get(`${namespace ?? ''}/${name}`)?.object;
    },
    list: (namespace) => {
      look();
      return [...seen]
        .filter(([, { object }]) => namespace === undefined || object.metadata.namespace === namespace)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, { object }]) => object);
    },
    revision: () => {
      look();
      return String(revision);
    },
    watch: (from, listener) => {
      look();
      return history.watch(undefined, from, listener);
    },
  };
};

const keyOf = (view: PodView) => `${revisionOf(view).namespace}/${view.name}`;

const versioned = (object: KubeObject, revision: number): KubeObject =>
  frozen({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });
