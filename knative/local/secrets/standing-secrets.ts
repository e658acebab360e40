import type postgres from 'postgres';
import type { KubeObject, Reader } from '../store/types.ts';

/**
 * The Secrets as an earlier start left them, read before there is a store: the roles' passwords are in them, and a
 * database is migrated, its roles included, before a store can open it. Nothing where nothing was ever migrated.
 */
export const standingSecrets = async (sql: postgres.Sql): Promise<Pick<Reader, 'get'>> => {
  const [{ stands } = {}] = await sql<
    { stands: boolean }[]
  >`select to_regclass('kagari.objects') is not null as stands`;
  const rows = stands
    ? await sql<{ namespace: string; name: string; object: string }[]>`
        select namespace, name, object::text from kagari.objects where kind = 'Secret'`
    : [];
  const secrets = new Map(
    rows.map(({ namespace, name, object }) => [`${namespace}/${name}`, JSON.parse(object) as KubeObject]),
  );
  return {
    get: (kind, namespace, name) => (kind === 'Secret' ? secrets.get(`${namespace}/${name}`) : undefined),
  };
};
