import { chown, mkdir, mkdtemp, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Log } from './log.ts';

/** Who the server runs as; undefined: as ourselves. */
export interface Account {
  uid: number;
  gid: number;
}

export interface Place {
  dataDir: string;
  account: Account | undefined;
}

/**
 * Where the cluster's files live and whose they are: `folder`/data, or, where Postgres's user cannot get there, a folder
 * under /var/tmp that `folder`/elsewhere names. Files that are there keep their place and their owner.
 */
export async function findPlace(folder: string, log: Log): Promise<Place> {
  const pointer = join(folder, 'elsewhere');
  const elsewhere = await readFile(pointer, 'utf8').catch(() => undefined);
  const here = join(folder, 'data');
  const dataDir = elsewhere === undefined ? here : join(elsewhere, 'data');
  const found = await stat(dataDir).catch(() => undefined);
  if (!found && elsewhere !== undefined) {
    throw new Error(`the database's files in ${elsewhere} are gone: remove ${folder} to begin anew`);
  }
  const fresh = await newAccount();
  if (found && elsewhere !== undefined && fresh && found.uid !== fresh.uid) {
    throw new Error(
      `${elsewhere} belongs to somebody else by now: the database's files there cannot be trusted`,
    );
  }
  const account = found ? ownerOf(dataDir, found) : fresh;
  if (found || (await reaches(account, folder))) {
    if (elsewhere !== undefined) tell(log, elsewhere, folder);
    return { dataDir, account };
  }
  const made = await mkdtemp('/var/tmp/kagari-');
  await makeFolder(made, account);
  await makeFolder(join(made, 'data'), account);
  await writeFile(pointer, made);
  tell(log, made, folder);
  return { dataDir: join(made, 'data'), account };
}

/** Whether the account may pass every folder down to `path` and read what is there. */
export async function reaches(account: Account | undefined, path: string): Promise<boolean> {
  if (!account) return true;
  for (let at = await realpath(path); ; at = dirname(at)) {
    const found = await stat(at);
    const shift = found.uid === account.uid ? 6 : found.gid === account.gid ? 3 : 0;
    if (!((found.mode >> shift) & (found.isDirectory() ? 0o1 : 0o4))) return false;
    if (at === dirname(at)) return true;
  }
}

/** Makes a folder of the account's own. */
export async function makeFolder(path: string, account: Account | undefined): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (account) await chown(path, account.uid, account.gid);
}

/** Postgres refuses root: then it runs as `nobody`, which must stand in the passwd file for initdb to take it. */
export async function newAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const nobody =
    passwd.find((entry) => entry[2] === '65534') ?? passwd.find((entry) => entry[0] === 'nobody');
  if (!nobody) {
    throw new Error(
      'Postgres refuses to run as root, and /etc/passwd has no user nobody: run as another user',
    );
  }
  return { uid: Number(nobody[2]), gid: Number(nobody[3]) };
}

function ownerOf(dataDir: string, { uid, gid }: Account): Account | undefined {
  const own = process.getuid?.();
  if (own === undefined || own === uid) return undefined;
  if (own === 0) return { uid, gid };
  throw new Error(`${dataDir} belongs to another user, who started it first: start as that user or as root`);
}

function tell(log: Log, elsewhere: string, folder: string): void {
  log.warn(
    { folder: elsewhere },
    `the database's files are in ${elsewhere}: run by root, Postgres is the user nobody, which cannot reach ${folder}`,
  );
}
