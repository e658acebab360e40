import type { Key } from '../store/controller.ts';

/** Which Brokers the data plane serves now. Statuses outlive the process: one that says Ready may not be served yet. */
export interface ServedBrokers {
  /** The uid of the Broker object that is served at this key. */
  uid(key: Key): string | undefined;
  set(key: Key, uid: string | undefined): void;
  /** Calls `listener` with the key of each Broker that begins or ends to be served. */
  onChange(listener: (key: Key) => void): void;
}

export const createServedBrokers = (): ServedBrokers => {
  const uids = new Map<Key, string>();
  const listeners: ((key: Key) => void)[] = [];
  return {
    uid: (key) => uids.get(key),
    set: (key, uid) => {
      if (uids.get(key) === uid) return;
      if (uid === undefined) uids.delete(key);
      else uids.set(key, uid);
      for (const listener of listeners) listener(key);
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
  };
};
