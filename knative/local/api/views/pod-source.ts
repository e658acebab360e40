import type { PodView } from '../../serving/ports.ts';
import { createHistory } from '../../store/history.ts';
import { frozen } from '../../store/json.ts';
import type { Change } from '../../store/memory.ts';
import type { KubeObject, Log, Reader } from '../../store/types.ts';
import type { Pods, Source } from '../ports.ts';
import { podObject, revisionOf, type Since } from './pod-object.ts';

interface Seen {
  view: PodView;
  object: KubeObject;
  /** As it was when the pod was first seen: it may be gone before its last pod is. */
  revision: KubeObject | undefined;
  since: Since;
}

const historyLimit = 1_000;
// While someone watches: not every end of a pod is told.
const lookMs = 250;

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
      if (before && sameView(before.view, view)) {
        next.set(key, before);
        continue;
      }
      const current = see(view, before, ++revision);
      next.set(key, current);
      changes.push({ kind: 'Pod', now: current.object, revision, ...(before && { old: before.object }) });
    }
    for (const [key, { object }] of seen)
      if (!next.has(key)) changes.push({ kind: 'Pod', old: object, revision: ++revision });
    seen = next;
    if (changes.length > 0) history.publish(changes);
  };

  const see = (view: PodView, before: Seen | undefined, version: number): Seen => {
    const { namespace, name } = revisionOf(view);
    const owner = before?.revision ?? store.get('Revision.serving.knative.dev', namespace, name);
    const since: Since = {
      ready: before?.view.ready === view.ready ? before.since.ready : now(),
      ...(view.phase === 'Terminating' && { deleted: before?.since.deleted ?? now() }),
    };
    return { view, object: frozen(podObject(view, owner, since, String(version))), revision: owner, since };
  };

  const unlisten = pods.onChange(look);
  const watchers = new Set<object>();
  let looking: NodeJS.Timeout | undefined;
  look();
  return {
    stop: () => {
      unlisten();
      clearInterval(looking);
    },
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
      const unwatch = history.watch(undefined, from, listener);
      const watcher = {};
      watchers.add(watcher);
      if (watchers.size === 1) looking = setInterval(look, lookMs);
      return () => {
        unwatch();
        if (watchers.delete(watcher) && watchers.size === 0) clearInterval(looking);
      };
    },
  };
};

const keyOf = (view: PodView) => `${revisionOf(view).namespace}/${view.name}`;

const sameView = (a: PodView, b: PodView): boolean =>
  a.pid === b.pid &&
  a.port === b.port &&
  a.phase === b.phase &&
  a.ready === b.ready &&
  a.restarts === b.restarts &&
  a.startedAt.getTime() === b.startedAt.getTime();
