import { roleName } from '../../../db/functions.ts';
import { type Keeper, putSecret, secretValue } from './kept.ts';
import { loginOf } from './role-passwords.ts';

/** Secrets `NAME-db`, key `url`: server, database and options as in `adminUrl`, login as the function's role. */
export const ensureDatabaseUrls = async (
  store: Keeper,
  adminUrl: string,
  passwords: Record<string, string>,
): Promise<void> => {
  for (const [fn, password] of Object.entries(passwords)) {
    const standing = secretValue(store, `${fn}-db`, 'url');
    if (standing !== undefined && !loginOf(standing, fn)) continue;
    const url = roleUrl(adminUrl, fn, password);
    if (url !== standing) await putSecret(store, `${fn}-db`, { url });
  }
};

const roleUrl = (adminUrl: string, fn: string, password: string): string => {
  const url = new URL(adminUrl);
  if (!url.hostname)
    throw new Error('the database URL must name a host: postgres://user:password@host:port/database');
  const database = decodeURIComponent(url.pathname.slice(1));
  url.username = encodeURIComponent(roleName(database, fn));
  url.password = encodeURIComponent(password);
  return url.href;
};
