import { mkdir, open, realpath, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { runnableBinaries } from './binaries.ts';
import { initialiseCluster, syncCluster } from './cluster.ts';
import { lockHome } from './home-lock.ts';
import type { Log } from './log.ts';
import { stopOrphan } from './orphan.ts';
import { keptPassword } from './password.ts';
import { findPlace } from './place.ts';
import { launchServer, type ServerExit } from './server.ts';

export interface PostgresOptions {
  /** Everything stands in `home`/postgres; made when it is not there. */
  home: string;
  log: Log;
  /** The server died without `stop`; its home is free again, so that `startPostgres` may be called at once. */
  onExit?: (exit: ServerExit) => void;
  /** Server settings beside our own, such as `{ fsync: 'off' }` for a test's throw-away database. */
  settings?: Record<string, string>;
}

export interface Postgres {
  /** The superuser's URL, password included; the database is `kagari` unless named. */
  adminUrl(database?: string): string;
  port: number;
  pid: number;
  dataDir: string;
  /** Fast shutdown, immediate after 3 s; resolves when the server is gone. */
  stop(): Promise<void>;
}

export const defaultDatabase = 'kagari';
const superuser = 'kagari';
const largestLogBytes = 8 * 1024 * 1024;

/** Starts the Postgres of `home`, made at its first start; rejects with one message that says what to do. */
export async function startPostgres({
  home,
  log,
  onExit,
  settings = {},
}: PostgresOptions): Promise<Postgres> {
  await mkdir(join(home, 'postgres'), { recursive: true });
  const folder = await realpath(join(home, 'postgres'));
  const unlock = await lockHome(folder);
  let started = false;
  try {
    const { dataDir, account } = await findPlace(folder, log);
    const binaries = await runnableBinaries(dataDir, account);
    await stopOrphan(dataDir, log);
    const password = await keptPassword(folder, dataDir);
    const made = await initialiseCluster({ dataDir, binaries, account, superuser, password });
    const server = await launchServer({
      dataDir,
      binaries,
      account,
      settings,
      logFile: await rotatedLog(join(folder, 'postgres.log')),
      portFile: join(folder, 'port'),
      onGone: unlock,
      onDeath: (exit) => {
        log.warn({ ...exit }, 'Postgres died');
        // A death before the start is over fails the start, which says it all.
        if (started) onExit?.(exit);
      },
    });
    const adminUrl = (database = defaultDatabase) =>
      `postgres://${superuser}:${password}@127.0.0.1:${server.port}/${encodeURIComponent(database)}`;
    try {
      await ensureDatabase(adminUrl('postgres'), defaultDatabase);
    } catch (error) {
      await server.stop();
      throw error;
    }
    started = true;
    const sync = made ? syncCluster({ dataDir, binaries, account, log }) : undefined;
    const stop = async () => {
      await server.stop();
      await sync?.end();
    };
    return { adminUrl, port: server.port, pid: server.pid, dataDir, stop };
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function ensureDatabase(url: string, name: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, fetch_types: false });
  try {
    const [found] = await sql`select 1 from pg_database where datname = ${name}`;
    if (!found) await sql`create database ${sql(name)}`;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function rotatedLog(file: string): Promise<string> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  if (size > largestLogBytes) await rename(file, `${file}.1`);
  await (await open(file, 'a', 0o600)).close();
  return file;
}
