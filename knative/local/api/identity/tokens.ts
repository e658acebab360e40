import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readPrivate, writePrivate } from './private-file.ts';

export const users = ['admin', 'console'] as const;
export type User = (typeof users)[number];
export type Tokens = Record<User, string>;

/** Each user's bearer token, kept in `<folder>/<user>.token`; made where it is missing or damaged. */
export const ensureTokens = async (folder: string): Promise<Tokens> => ({
  admin: await ensureToken(`${folder}/admin.token`),
  console: await ensureToken(`${folder}/console.token`),
});

const ensureToken = async (path: string): Promise<string> => {
  const kept = (await readPrivate(path))?.trim() ?? '';
  if (/^[\w-]{43}$/.test(kept)) return kept;
  const token = randomBytes(32).toString('base64url');
  await writePrivate(path, `${token}\n`);
  return token;
};

/** Whose token an Authorization header bears; the time it takes says nothing of how much of a token was right. */
export const identify = (tokens: Tokens): ((authorization: string | undefined) => User | undefined) => {
  const digests = users.map((user) => ({ user, digest: digestOf(tokens[user]) }));
  return (authorization = '') => {
    const digest = digestOf(/^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '');
    let found: User | undefined;
    for (const known of digests) if (timingSafeEqual(known.digest, digest)) found = known.user;
    return found;
  };
};

const digestOf = (token: string) => createHash('sha256').update(token).digest();
