import type { Change } from './memory.ts';
import { deleted } from './plan.ts';
import { badRequest, StatusError } from './status-error.ts';
import type { Kind, Log, WatchEvent } from './types.ts';

interface Watcher {
  kind: Kind | undefined;
  /** It has heard all up to this resourceVersion. */
  heard: number;
  listener: (event: WatchEvent) => void;
}

interface Entry {
  revision: number;
  event: WatchEvent;
}

export interface History {
  /** Remembers committed changes and tells the watchers, in order. */
  publish(changes: readonly Change[]): void;
  watch(kind: Kind | undefined, from: string | undefined, listener: (event: WatchEvent) => void): () => void;
}

/** The newest `limit` changes; `revision` answers the newest committed resourceVersion. */
export const createHistory = ({
  limit,
  revision,
  log,
}: {
  limit: number;
  revision: () => number;
  log: Log;
}): History => {
  let entries: Entry[] = [];
  // Everything after this resourceVersion is remembered.
  let complete = revision();
  const watchers = new Set<Watcher>();

  const tell = (watcher: Watcher, { revision, event }: Entry) => {
    if (revision <= watcher.heard) return;
    watcher.heard = revision;
    if (watcher.kind !== undefined && watcher.kind !== event.kind) return;
    try {
      watcher.listener(event);
    } catch (error) {
      log.error({ error, kind: event.kind, name: event.object.metadata.name }, 'a watcher failed');
    }
  };

  return {
    publish: (changes) => {
      const news = changes.map((change) => ({ revision: change.revision, event: eventOf(change) }));
      entries.push(...news);
      if (entries.length > 2 * limit) {
        complete = entries.at(-limit - 1)?.revision ?? complete;
        entries = entries.slice(-limit);
      }
      for (const entry of news)
        for (const watcher of [...watchers]) if (watchers.has(watcher)) tell(watcher, entry);
    },
    watch: (kind, from, listener) => {
      const heard = from === undefined ? revision() : parse(from);
      if (heard < complete) throw expired(from ?? '', complete);
      if (heard > revision()) throw tooLarge(heard, revision());
      const watcher = { kind, heard, listener };
      for (const entry of entries) tell(watcher, entry);
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
  };
};

const eventOf = ({ kind, old, now, revision }: Change): WatchEvent => {
  if (now) return old ? { type: 'MODIFIED', kind, object: now, old } : { type: 'ADDED', kind, object: now };
  if (!old) throw new Error('a change without an object');
  return { type: 'DELETED', kind, object: deleted(old, revision), old };
};

const parse = (from: string): number => {
  if (!/^\d{1,15}$/.test(from)) throw badRequest(`invalid resource version "${from}"`);
  return Number(from);
};

const expired = (from: string, oldest: number) =>
  new StatusError('Expired', `too old resource version: ${from} (${oldest})`);

const tooLarge = (wanted: number, current: number) =>
  new StatusError('Timeout', `Too large resource version: ${wanted}, current: ${current}`, {
    retryAfterSeconds: 1,
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
  });
