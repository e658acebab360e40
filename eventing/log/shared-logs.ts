import type { EventLog } from './port.ts';

/** A log in use, which others may use, too. */
export interface SharedLog {
  readonly log: EventLog;
  /** The last one closes it. */
  giveBack(): Promise<void>;
}

/** One log for each set of servers, however many use it; `open` connects nothing yet. */
export const shareLogs = (open: (servers: readonly string[]) => Promise<EventLog>) => {
  const shared = new Map<string, { log: Promise<EventLog>; users: number }>();

  return async (servers: readonly string[]): Promise<SharedLog> => {
    const key = [...new Set(servers)].sort().join();
    const one = shared.get(key) ?? { log: open(servers), users: 0 };
    shared.set(key, one);
    one.users++;
    const log = await one.log;
    return {
      log,
      async giveBack() {
        if (--one.users > 0) return;
        shared.delete(key);
        await log.close();
      },
    };
  };
};
