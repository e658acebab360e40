import postgres from 'postgres';

export interface Connection {
  /** Rejects when `work` does, or when it takes longer than `patienceMs`; the next one then has a new connection. */
  use<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * One connection, never used again after a failure: a query that postgres.js (3.4.9) is given between the error of a socket
 * and its close is neither sent nor rejected.
 */
export const createConnection = (url: string, patienceMs: number): Connection => {
  let client: postgres.Sql | undefined;
  const open = () => postgres(url, { max: 1, fetch_types: false, connect_timeout: 5, onnotice: () => {} });
  const discard = (failed: postgres.Sql) => {
    if (client === failed) client = undefined;
    failed.end({ timeout: 0 }).catch(() => {});
  };
  return {
    use: async (work) => {
      client ??= open();
      const sql = client;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${patienceMs} ms`)), patienceMs);
      });
      try {
        return await Promise.race([work(sql), late]);
      } catch (error) {
        discard(sql);
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
    close: async () => {
      await client?.end({ timeout: 1 });
      client = undefined;
    },
  };
};
