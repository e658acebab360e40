import { randomBytes } from 'node:crypto';
import { functionDatabases } from '../../db/functions.ts';
import { ensureSecrets } from '../../knative/local/secrets/ensure-secrets.ts';
import { type Keeper, namespace, putSecret, secretValue } from '../../knative/local/secrets/kept.ts';
import { rolePasswords } from '../../knative/local/secrets/role-passwords.ts';

const own = {
  host: `postgres.${namespace}.svc.cluster.local`,
  port: 5432,
  user: 'kagari',
  database: 'kagari',
};

/**
 * Everything that is secret, where it is missing: the database's owner (`database-admin`), then what the functions need.
 * What stands stays; the host and port of the functions' URLs follow the database.
 */
export const ensureClusterSecrets = async (
  keeper: Keeper,
  databaseUrl: string | undefined,
): Promise<void> => {
  const adminUrl = await ensureDatabaseAdmin(keeper, databaseUrl);
  await ensureSecrets(keeper, { adminUrl, passwords: rolePasswords(keeper, functionDatabases) });
};

/** Whether the platform there stands on a database that its overlay did not bring; undefined where it has none yet. */
export const standsOnGivenDatabase = (keeper: Pick<Keeper, 'get'>): boolean | undefined => {
  const url = secretValue(keeper, 'database-admin', 'url');
  return url === undefined ? undefined : isGivenDatabase(url);
};

export const isGivenDatabase = (databaseUrl: string): boolean => new URL(databaseUrl).hostname !== own.host;

const ensureDatabaseAdmin = async (keeper: Keeper, databaseUrl: string | undefined): Promise<string> => {
  const standing = secretValue(keeper, 'database-admin', 'url');
  const url = databaseUrl ?? standing;
  if (url !== undefined) {
    if (url !== standing) await putSecret(keeper, 'database-admin', { url });
    return url;
  }
  const password = secretValue(keeper, 'database-admin', 'password') ?? randomBytes(24).toString('base64url');
  const made = new URL(`postgres://${own.host}:${own.port}/${own.database}`);
  made.username = own.user;
  made.password = encodeURIComponent(password);
  await putSecret(keeper, 'database-admin', { url: made.href, password });
  return made.href;
};
