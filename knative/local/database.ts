import { setTimeout as sleep } from 'node:timers/promises';
import { checkDatabase } from '../../db/check-database.ts';
import { type DatabaseLock, lockDatabase } from '../../db/lock-database.ts';
import { type Postgres, startPostgres } from '../../db/postgres/launcher.ts';
import type { Log } from './store/types.ts';

export interface Database {
  /** Its owner's URL, password included. */
  adminUrl: string;
  stop(): Promise<void>;
}

export interface DatabaseOptions {
  home: string;
  /** A database of the user's own in place of the embedded one. */
  url?: string;
  log: Log;
  /** Ends the process when this one is gone; answers how to take it back. */
  watchOver(pid: number): () => void;
  /** The database is lost for good: the runtime must end. */
  onLost(reason: string): void;
}

/** The embedded Postgres, started again whenever it dies, or the database of DATABASE_URL, taken for this runtime. */
export const openDatabase = (options: DatabaseOptions): Promise<Database> =>
  options.url === undefined ? openEmbedded(options) : openGiven(options.url, options);

const firstPauseMs = 50;
const longestPauseMs = 5_000;

const openEmbedded = async ({ home, log, watchOver, onLost }: DatabaseOptions): Promise<Database> => {
  let server: Postgres;
  let takeBack: () => void;
  let stopping = false;
  let again: Promise<void> | undefined;

  const launch = async () => {
    server = await startPostgres({
      home,
      log,
      onExit: () => {
        takeBack();
        if (!stopping) again = relaunch(server.port);
      },
    });
    takeBack = watchOver(server.pid);
  };
  const relaunch = async (port: number) => {
    for (let pause = firstPauseMs; !stopping; pause = Math.min(pause * 2, longestPauseMs)) {
      try {
        await launch();
        log.info({ pid: server.pid }, 'Postgres runs again');
        if (server.port !== port)
          onLost(`port ${port}, where the database was, was taken by another program`);
        return;
      } catch (err) {
        log.error({ err }, 'Postgres does not start again yet');
        await sleep(pause);
      }
    }
  };
  await launch();
  return {
    get adminUrl() {
      return server.adminUrl();
    },
    async stop() {
      stopping = true;
      await again;
      takeBack();
      await server.stop();
    },
  };
};

const openGiven = async (url: string, { log, onLost }: DatabaseOptions): Promise<Database> => {
  await checkDatabase(url);
  let stopping = false;
  let lock: DatabaseLock;
  const take = async () => {
    lock = await lockDatabase(url, {
      onLost: async (reason) => {
        log.warn({}, `the database's lock was lost (${reason}): taking it again`);
        for (let pause = firstPauseMs; !stopping; pause = Math.min(pause * 2, longestPauseMs)) {
          try {
            return await take();
          } catch (error) {
            const { message } = error as Error;
            if (message.startsWith('another Kagari')) return onLost(message);
            await sleep(pause);
          }
        }
      },
    });
  };
  await take();
  return {
    adminUrl: url,
    async stop() {
      stopping = true;
      await lock.release();
    },
  };
};
