import type { Key } from '../../store/controller.ts';
import type { Kind } from '../../store/types.ts';

/** Who looks at what, so that a change finds whom it concerns. */
export interface Tracker {
  /** From now on `key` looks at these and at nothing else. */
  track(key: Key, targets: readonly { kind: Kind; key: Key }[]): void;
  lookingAt(kind: Kind, key: Key): Key[];
}

export const createTracker = (): Tracker => {
  const watchers = new Map<string, Set<Key>>();
  const targets = new Map<Key, string[]>();
  return {
    track(key, now) {
      for (const target of targets.get(key) ?? []) {
        watchers.get(target)?.delete(key);
        if (watchers.get(target)?.size === 0) watchers.delete(target);
      }
      const names = now.map((target) => `${target.kind} ${target.key}`);
      for (const name of names) watchers.set(name, (watchers.get(name) ?? new Set()).add(key));
      if (names.length > 0) targets.set(key, names);
      else targets.delete(key);
    },
    lookingAt: (kind, key) => [...(watchers.get(`${kind} ${key}`) ?? [])],
  };
};
