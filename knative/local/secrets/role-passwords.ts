import { randomBytes } from 'node:crypto';
import type { Reader } from '../store/types.ts';
import { secretValue } from './kept.ts';

/**
 * The password of each function's database role: the one in its Secret `NAME-db`, else a new one. Give the same answer
 * to migrate and to ensureSecrets: a role must have its password before anyone reads it from the Secret.
 */
export const rolePasswords = (secrets: Secrets, functions: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    functions.map((fn) => [fn, keptPassword(secrets, fn) ?? randomBytes(24).toString('base64url')]),
  );

type Secrets = Pick<Reader, 'get'>;

/** A URL of another role is a user's own: its password is none of ours. */
const keptPassword = (secrets: Secrets, fn: string): string | undefined => {
  const url = secretValue(secrets, `${fn}-db`, 'url');
  return (url !== undefined && loginOf(url, fn)?.password) || undefined;
};

/** The login in a URL, where it is that of the function's role in whichever database it was made for. */
export const loginOf = (url: string, fn: string): { user: string; password: string } | undefined => {
  try {
    const { username, password } = new URL(url);
    const login = { user: decodeURIComponent(username), password: decodeURIComponent(password) };
    return login.user.startsWith('kagari_') && login.user.endsWith(`_${fn}`) ? login : undefined;
  } catch {
    return undefined;
  }
};
