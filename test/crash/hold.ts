import postgres from 'postgres';
import { waitUntil } from '../support/platform.ts';

/**
 * Holds the platform still at one point of its flow, from outside: a lock that the next step needs. `reached` resolves
 * when somebody waits for it, that function where one is named; then whoever waits can be killed exactly there.
 */
export interface Hold {
  reached(by?: string): Promise<void>;
  release(): Promise<void>;
}

export const holdBy = async (url: string, statement: string): Promise<Hold> => {
  const sql = postgres(url, { max: 1, onnotice: () => {}, idle_timeout: 0 });
  const watching = postgres(url, { max: 1, onnotice: () => {} });
  await sql`begin`;
  await sql.unsafe(statement);
  const [{ pid } = {}] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  return {
    reached: (by) =>
      waitUntil(`${by ?? 'somebody'} to wait at: ${statement}`, 20_000, async () => {
        const waiting = await watching<{ usename: string }[]>`
          select usename from pg_stat_activity where ${pid ?? 0} = any (pg_blocking_pids(pid))`;
        return waiting.some(({ usename }) => by === undefined || usename.endsWith(`_${by}`));
      }),
    release: async () => {
      await Promise.all([sql.end({ timeout: 0 }), watching.end({ timeout: 0 })]);
    },
  };
};
