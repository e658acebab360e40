import { sameJson } from '../../store/json.ts';
import { StatusError } from '../../store/status-error.ts';
import type { Kind, KubeObject, NewObject, Store } from '../../store/types.ts';

const tries = 20;

/**
 * Changes what stands, over its newest version only: `change` is asked again where somebody else wrote in between.
 * Undefined where the object is gone; the object as it was where nothing changes.
 */
const editing =
  (write: (store: Store, object: NewObject) => Promise<KubeObject>) =>
  async (
    store: Store,
    { kind, namespace, name }: { kind: Kind; namespace: string; name: string },
    change: (object: KubeObject) => NewObject,
  ): Promise<KubeObject | undefined> => {
    for (let left = tries; ; left--) {
      const now = store.get(kind, namespace, name);
      const next = now && change(now);
      if (!now || !next || sameJson(next, now)) return now;
      try {
        return await write(store, next);
      } catch (error) {
        if (error instanceof StatusError && error.reason === 'NotFound') return undefined;
        const stale = error instanceof StatusError && error.reason === 'Conflict';
        if (!stale || left === 0) throw error;
      }
    }
  };

export const edit = editing((store, object) => store.update(object));
export const editStatus = editing((store, object) => store.updateStatus(object));

/** The object with this status, seen at its generation. */
export const observed = (object: KubeObject, status: object): KubeObject => ({
  ...object,
  status: { ...status, observedGeneration: object.metadata.generation },
});
