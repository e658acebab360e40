import { createConnection } from './connection.ts';
import { createHistory } from './history.ts';
import { createJournal } from './journal.ts';
import { createMemory } from './memory.ts';
import { planCreate, planRemove, planStatus, planUpdate } from './plan.ts';
import type { Admit, Log, Store } from './types.ts';
import { createWriter } from './writer.ts';

export interface StoreOptions {
  /** Of a migrated database, as a role that may write the schema kagari. */
  url: string;
  admit: Admit;
  log: Log;
  /** Changes that watches can start from; older ones are Expired. */
  historyLimit?: number;
  /** Milliseconds that a write waits for a database that does not answer. */
  patienceMs?: number;
}

/** Loads all objects. One store at a time writes: an older one on the same database is shut out from here on. */
export const createStore = async ({
  url,
  admit,
  log,
  historyLimit = 2_000,
  patienceMs = 10_000,
}: StoreOptions): Promise<Store & { close(): Promise<void> }> => {
  const connection = createConnection(url, patienceMs);
  const journal = createJournal(connection);
  const { revision, objects } = await journal.load();
  const [visible, planned] = [createMemory(), createMemory()];
  for (const { kind, object } of objects) {
    const change = { kind, now: object, revision };
    visible.apply([change]);
    planned.apply([change]);
  }
  const writer = createWriter({
    journal,
    admit,
    memory: planned,
    revision,
    committed: (changes) => {
      visible.apply(changes);
      history.publish(changes);
    },
    patienceMs,
    log,
  });
  const history = createHistory({ limit: historyLimit, revision: writer.revision, log });
  const { get, list, owned } = visible;
  return {
    get,
    list,
    owned,
    revision: () => String(writer.revision()),
    create: (object, options = {}) => writer.write(planCreate(object, options), options),
    update: (object, options = {}) => writer.write(planUpdate(object, options), options),
    updateStatus: (object, options = {}) => writer.write(planStatus(object), options),
    remove: (kind, namespace, name, options = {}) =>
      writer.write(planRemove(kind, namespace, name, options), options),
    watch: history.watch,
    close: async () => {
      await writer.close();
      await connection.close();
    },
  };
};
