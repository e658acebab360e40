import postgres from 'postgres';
import { checkDatabase } from '../../db/check-database.ts';
import { lockDatabase } from '../../db/lock-database.ts';
import { startPostgres } from '../../db/postgres/launcher.ts';
import { namedBy } from './named-digests.ts';
import type { Namer } from './namer.ts';

const silent = { info() {}, warn() {} };

/** The embedded database of a platform that is down; its home's lock keeps it so. */
export const askEmbedded = async (home: string): Promise<Namer> => {
  let died = false;
  const server = await startPostgres({ home, log: silent, onExit: () => (died = true) }).catch((error) => {
    throw new Error(
      `the platform of ${home} does not answer, nor can its database be asked: ${error.message}`,
    );
  });
  return {
    digests: () => read(server.adminUrl()),
    close: async () => {
      if (!died) await server.stop();
    },
  };
};

/** A given database whose platform is down; the lock of a runtime keeps it so. */
export const askGiven = async (url: string): Promise<Namer> => {
  await checkDatabase(url);
  let lost: string | undefined;
  const lock = await lockDatabase(url, { onLost: (reason) => (lost = reason) });
  return {
    digests: async () => {
      const digests = await read(url);
      if (lost !== undefined) throw new Error(`the database's lock was lost: ${lost}`);
      return digests;
    },
    close: () => lock.release(),
  };
};

const read = async (url: string): Promise<string[]> => {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const [{ stands } = {}] = await sql<
      { stands: boolean }[]
    >`select to_regclass('kagari.objects') is not null as stands`;
    if (!stands) return [];
    const rows = await sql<{ object: string }[]>`
      select object::text from kagari.objects where kind = 'Revision.serving.knative.dev'`;
    return rows.flatMap(({ object }) => namedBy(JSON.parse(object)));
  } finally {
    await sql.end({ timeout: 1 });
  }
};
