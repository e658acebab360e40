import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Reader } from './store/types.ts';

/** `embedded`, or where a given database is: `postgres://host:port/name`, without who logs in. */
export type DatabaseAddress = string;

export const embedded: DatabaseAddress = 'embedded';

export const addressOf = (url: string | undefined): DatabaseAddress => {
  if (url === undefined) return embedded;
  const { hostname, port, pathname } = new URL(url);
  return `postgres://${hostname}:${port || '5432'}${pathname}`;
};

/**
 * The databases whose objects may name this home's images, each with the mark of its objects: the uid of the namespace
 * that is always there. Without it nobody could say what `kagari prune` may remove where a home has changed its database.
 */
export const knownDatabases = async (home: string): Promise<Map<DatabaseAddress, string>> => {
  const text = await readFile(fileOf(home), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return '{}';
  });
  try {
    return new Map(Object.entries(JSON.parse(text)));
  } catch {
    throw new Error(`${fileOf(home)} is broken: remove it, and start with each database of this home once`);
  }
};

export const rememberDatabase = async (
  home: string,
  url: string | undefined,
  store: Pick<Reader, 'get'>,
): Promise<void> => {
  const known = await knownDatabases(home);
  const [address, mark] = [addressOf(url), store.get(markingKind, undefined, markingName)?.metadata.uid];
  if (mark === undefined) throw new Error(`there is no namespace ${markingName}`);
  if (known.get(address) === mark) return;
  const draft = `${fileOf(home)}.draft`;
  const text = `${JSON.stringify(Object.fromEntries(known.set(address, mark)), null, 2)}\n`;
  await writeFile(draft, text, { flush: true });
  await rename(draft, fileOf(home));
};

export const markingKind = 'Namespace';
export const markingName = 'default';

const fileOf = (home: string) => join(home, 'databases.json');
