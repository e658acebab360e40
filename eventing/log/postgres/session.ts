import type { Client } from './client.ts';

/** First half of the advisory locks that sessions hold; the second is the session's id. */
const lockClass = 0x6b61;

export interface Session {
  /** Undefined before the first `keep`. */
  id(): number | undefined;
  /** Keeps the session alive; `new` where there was none, or the one there was has been given up for dead. */
  keep(): Promise<'kept' | 'new'>;
  /** The connection is gone, and its lock with it. */
  disconnected(): void;
  end(): Promise<void>;
}

/** This process as others see it: a row with a lease, and a lock that goes when the process dies. */
export const createSession = (client: Client, leaseMs: number): Session => {
  let id: number | undefined;
  /** The server process that holds the lock and listens. */
  let backend: number | undefined;
  let renewed = 0;

  const attach = async (session: number, to: number): Promise<void> => {
    const [row] = await client<{ held: boolean; backend: number }[]>`
        select pg_try_advisory_lock(${lockClass}, ${session}) as held, pg_backend_pid() as backend`;
    await client`listen kagari_log`;
    if (row?.held && row.backend === to) backend = to;
  };

  const renew = async (): Promise<boolean> => {
    if (id === undefined) return false;
    if (backend !== undefined && performance.now() - renewed < leaseMs / 3) return true;
    const [row] = await client<{ backend: number }[]>`
        update log.sessions set expires_at = now() + ${leaseMs} * interval '1 ms' where id = ${id}
        returning pg_backend_pid() as backend`;
    if (!row) return false;
    if (row.backend !== backend) await attach(id, row.backend);
    renewed = performance.now();
    return true;
  };

  return {
    id: () => id,
    async keep() {
      if (await renew()) return 'kept';
      id = undefined;
      backend = undefined;
      // The lock is taken before the row is seen: nobody meets a session without its lock.
      const [row] = await client<{ id: number; backend: number }[]>`
          insert into log.sessions (expires_at) values (now() + ${leaseMs} * interval '1 ms')
          returning id, pg_try_advisory_lock(${lockClass}, id), pg_backend_pid() as backend`;
      if (!row) throw new Error('the insert of a session answered nothing');
      id = row.id;
      renewed = performance.now();
      await attach(id, row.backend);
      return 'new';
    },
    disconnected() {
      backend = undefined;
    },
    async end() {
      if (id !== undefined) await client`delete from log.sessions where id = ${id}`;
      id = undefined;
    },
  };
};

/** Gives up for dead every session without its lock or beyond its lease; its members and their claims go with it. */
export const buryDeadSessions = async (client: Client, mine: number | undefined): Promise<void> => {
  await client`
    delete from log.sessions s
    where s.id is distinct from ${mine ?? null}::int and (s.expires_at < now() or not exists (
      select from pg_locks l
      where l.locktype = 'advisory' and l.granted and l.objsubid = 2
        and l.database = (select oid from pg_database where datname = current_database())
        and l.classid = ${lockClass} and l.objid = s.id::bigint::oid
    ))`;
};
