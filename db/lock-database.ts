import { setTimeout as sleep } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { locks } from './locks.ts';

export interface LockOptions {
  /** The lock's connection broke, so that another runtime may take it now. Not called after `release`. */
  onLost: (reason: string) => void;
  /** How long to wait for the session of a runtime that has just died. */
  patienceMs?: number;
  /** How often to ask whether the connection still answers. */
  heartbeatMs?: number;
}

export interface DatabaseLock {
  release(): Promise<void>;
}

const heartbeatBoundMs = 5000;

/** Takes the database for this runtime, on a connection of its own; refuses where another one has it. */
export async function lockDatabase(url: string, options: LockOptions): Promise<DatabaseLock> {
  const { onLost, patienceMs = 3000, heartbeatMs = 10_000 } = options;
  let state: 'trying' | 'held' | 'over' = 'trying';
  const lose = (reason: string) => {
    if (state !== 'held') return;
    state = 'over';
    clearInterval(heartbeat);
    sql.end({ timeout: 0 }).catch(() => {});
    onLost(reason);
  };
  const sql = postgres(url, {
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    connect_timeout: 5,
    fetch_types: false,
    onnotice: () => {},
    onclose: () => lose('its connection was closed'),
    // A server that lost sight of this machine frees the lock within half a minute.
    connection: {
      application_name: 'kagari runtime',
      tcp_keepalives_idle: 10,
      tcp_keepalives_interval: 5,
      tcp_keepalives_count: 3,
    },
  });
  let heartbeat: NodeJS.Timeout | undefined;
  try {
    await take(sql, patienceMs);
  } catch (error) {
    await sql.end({ timeout: 0 });
    throw error;
  }
  state = 'held';
  heartbeat = setInterval(async () => {
    const answered = sql`select 1`.then(
      () => true,
      () => false,
    );
    if (!(await Promise.race([answered, sleep(heartbeatBoundMs, false, { ref: false })])))
      lose('the server does not answer');
  }, heartbeatMs);
  heartbeat.unref();
  return {
    async release() {
      state = 'over';
      clearInterval(heartbeat);
      await sql.end({ timeout: 1 });
    },
  };
}

async function take(sql: Sql, patienceMs: number): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const [row] = await sql<{ got: boolean }[]>`select pg_try_advisory_lock(${locks.runtime}) as got`;
    if (row?.got) return;
    if (Date.now() > deadline) break;
    await sleep(100);
  }
  const [holder] = await sql<{ database: string; pid: number; client: string | null; since: string }[]>`
    select current_database() as database, activity.pid, activity.client_addr::text as client,
      to_char(activity.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as since
    from pg_locks held join pg_stat_activity activity on activity.pid = held.pid
    where held.locktype = 'advisory' and held.granted and held.objid = ${locks.runtime} and held.objsubid = 1
      and held.database = (select oid from pg_database where datname = current_database())`;
  throw new Error(
    `another Kagari runs on the database ${holder?.database ?? ''}${holder ? ` (from ${holder.client ?? 'this machine'}, since ${holder.since} UTC, server process ${holder.pid})` : ''}: stop it, or use another database`,
  );
}
