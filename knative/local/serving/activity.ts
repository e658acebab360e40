import type { Log } from '../store/types.ts';
import type { RevisionKey } from './ports.ts';

/** Where it is kept that a revision may have work in hand. */
export interface ActivityStore {
  /** Awaited before the first request after zero reaches a pod. */
  markActive(key: RevisionKey): Promise<void>;
  /** After the last pod has ended by scale to zero, and only then. */
  markIdle(key: RevisionKey): Promise<void>;
}

/** Keeps the store's mark of one revision in step: what is told last is what was decided last. */
export const createActivity = (key: RevisionKey, store: ActivityStore, log: Log, wasActive: boolean) => {
  let active = wasActive;
  let marking: Promise<void> | undefined;
  let told: Promise<unknown> = Promise.resolve();

  const tell = (mark: () => Promise<void>): Promise<void> => {
    const done = told.then(mark);
    told = done.catch(() => {});
    return done;
  };

  return {
    /** The store says that it is active. */
    get active() {
      return active;
    },
    activate(): Promise<void> {
      marking ??= tell(() => store.markActive(key))
        .then(() => {
          active = true;
        })
        .finally(() => {
          marking = undefined;
        });
      return marking;
    },
    rest(): void {
      if (!active) return;
      active = false;
      tell(() => store.markIdle(key)).catch((err) =>
        // It stays marked: at worst a start after a crash wakes it for nothing.
        log.warn({ err, revision: key }, 'could not note that a revision is idle'),
      );
    },
  };
};
