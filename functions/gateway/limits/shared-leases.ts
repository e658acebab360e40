import type { Sql } from 'postgres';
import type { Database } from '../../kit/database.ts';
import type { Leases } from './leases.ts';
import type { Limit } from './limit.ts';

const sweepEveryMs = 60_000;

/**
 * Buckets that all pods share. A lease is one round trip; the tokens in it are spent without any. Neither the driver nor
 * a connection is in the way of a pod's first answer: both come with the first lease.
 */
export const openSharedLeases = (
  url: string,
  limits: readonly Limit[],
): { take: Leases; close: () => Promise<void> } => {
  // A bucket left alone for so long is full, and says nothing.
  const longestSeconds = Math.max(...limits.map(({ seconds }) => seconds));
  let opening: Promise<{ database: Database; take: Leases }> | undefined;
  const open = async () => {
    const { connect } = await import('../../kit/database.ts');
    const database = connect(url, { max: 2, name: 'gateway' });
    return { database, take: createSharedLeases(database.sql, longestSeconds) };
  };
  return {
    async take(lease) {
      opening ??= open();
      return (await opening).take(lease);
    },
    close: async () => (await opening)?.database.close(),
  };
};

const createSharedLeases = (sql: Sql, longestSeconds: number): Leases => {
  let sweepAt = 0;
  const sweep = () => {
    if (Date.now() < sweepAt) return;
    sweepAt = Date.now() + sweepEveryMs;
    // Twice: one that owes takes longer to be full.
    sql`delete from gateway.buckets where at < clock_timestamp() - make_interval(secs => ${2 * longestSeconds})`.catch(
      // The next lease says what is wrong.
      () => {},
    );
  };

  return async ({ key, limit: { capacity, seconds }, owed, wanted }) => {
    const [row] = await sql<{ granted: number; waitMs: number }[]>`
      select granted, wait_ms as "waitMs"
      from gateway.lease(${key}, ${capacity}, ${seconds}, ${owed}::int, ${wanted}::int)`;
    sweep();
    if (!row) throw new Error('gateway.lease answered nothing');
    return row;
  };
};
