import { StatusError } from './status-error.ts';
import type { Kind, KubeObject, Log, Store, WatchEvent } from './types.ts';

/** `namespace/name`; a cluster-scoped object has no namespace: `/name`. */
export type Key = string;

export interface ControllerOptions {
  name: string;
  store: Pick<Store, 'list' | 'watch'>;
  /** Which keys a change of an object of this kind touches; when it moved, the keys of its old state too. */
  watches: { kind: Kind; keys: (object: KubeObject) => Key[] }[];
  /** Brings the world to what the object at this key says now; called again whenever it may have changed. */
  reconcile: (key: Key) => Promise<void> | Promise<{ againMs: number } | undefined>;
  log: Log;
  /** Keys in hand at once. */
  concurrency?: number;
}

export interface Controller {
  start(): void;
  /** Resolves when what is in hand has ended. */
  stop(): Promise<void>;
  enqueue(key: Key): void;
  /** What waits for a later time is looked at now. */
  hurry(): void;
  /** Resolves when nothing is queued or in hand; what waits for a later time is not counted. */
  idle(): Promise<void>;
}

/** Level-triggered: one run a key at a time, a key waits at most once, errors are tried again ever more slowly. */
export const createController = ({
  name,
  store,
  watches,
  reconcile,
  log,
  concurrency = 16,
}: ControllerOptions): Controller => {
  const queue = new Set<Key>();
  const inHand = new Map<Key, Promise<void>>();
  const later = new Map<Key, NodeJS.Timeout>();
  const failures = new Map<Key, number>();
  const waitingForIdle = new Set<() => void>();
  let unwatch: (() => void)[] = [];
  let running = false;

  const enqueue = (key: Key) => {
    if (!running) return;
    clearTimeout(later.get(key));
    later.delete(key);
    queue.add(key);
    setImmediate(work);
  };

  const enqueueLater = (key: Key, ms: number) => {
    if (!running || queue.has(key)) return;
    clearTimeout(later.get(key));
    later.set(
      key,
      setTimeout(() => enqueue(key), ms),
    );
  };

  const work = () => {
    for (const key of queue) {
      if (inHand.size >= concurrency) break;
      if (inHand.has(key)) continue;
      queue.delete(key);
      const run = once(key).finally(() => {
        inHand.delete(key);
        work();
      });
      inHand.set(key, run);
    }
    if (queue.size + inHand.size === 0) {
      for (const resolve of waitingForIdle) resolve();
      waitingForIdle.clear();
    }
  };

  const once = async (key: Key) => {
    try {
      const result = await reconcile(key);
      failures.delete(key);
      if (result) enqueueLater(key, result.againMs);
    } catch (error) {
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      const stale = error instanceof StatusError && error.reason === 'Conflict';
      log[stale || !running ? 'debug' : 'warn']({ error, key, count }, `${name}: reconcile failed`);
      enqueueLater(key, Math.min(25 * 2 ** Math.min(count, 12), 30_000));
    }
  };

  const hear = (keys: (object: KubeObject) => Key[]) => (event: WatchEvent) => {
    for (const object of event.old ? [event.object, event.old] : [event.object])
      for (const key of keys(object)) enqueue(key);
  };

  return {
    enqueue,
    start: () => {
      running = true;
      unwatch = watches.map(({ kind, keys }) => store.watch(kind, undefined, hear(keys)));
      for (const { kind, keys } of watches)
        for (const object of store.list(kind)) for (const key of keys(object)) enqueue(key);
    },
    stop: async () => {
      running = false;
      for (const stop of unwatch) stop();
      for (const timer of later.values()) clearTimeout(timer);
      later.clear();
      failures.clear();
      queue.clear();
      await Promise.all(inHand.values());
      work();
    },
    hurry: () => {
      for (const key of [...later.keys()]) enqueue(key);
    },
    idle: () =>
      new Promise((resolve) => {
        waitingForIdle.add(resolve);
        setImmediate(work);
      }),
  };
};

export const keyOf = ({ metadata }: { metadata: { namespace?: string; name: string } }): Key =>
  `${metadata.namespace ?? ''}/${metadata.name}`;

export const splitKey = (key: Key): { namespace: string; name: string } => {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
};
