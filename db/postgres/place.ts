import { chown, mkdir, mkdtemp, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Log } from './launcher.ts';

/** Who the server runs as; undefined: as ourselves. */
export interface Account {
  uid: number;
  gid: number;
}

/** Postgres refuses root: then it runs as `nobody`, which must stand in the passwd file for initdb to take it. */
export async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const nobody =
    passwd.find((entry) => entry[2] === '65534') ?? passwd.find((entry) => entry[0] === 'nobody');
  if (!nobody)
    throw new Error(
      'Postgres refuses to run as root and /etc/passwd has no user nobody: run as another user',
    );
  return { uid: Number(nobody[2]), gid: Number(nobody[3]) };
}

/** Whether the account may pass every folder down to `path`. */
export async function reaches(account: Account | undefined, path: string): Promise<boolean> {
  if (!account) return true;
  for (let folder = await realpath(path); ; folder = dirname(folder)) {
    const { mode, uid, gid, isDirectory } = await statOf(folder);
    const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
    const needed = isDirectory ? 0o1 : 0o4;
    if (!((mode >> shift) & needed)) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * Where the cluster's files live: `folder`/data, or, where the account cannot get there, a folder under /var/tmp that
 * `folder`/elsewhere names.
 */
export async function dataFolder(folder: string, account: Account | undefined, log: Log): Promise<string> {
  const pointer = join(folder, 'elsewhere');
  const kept = await readFile(pointer, 'utf8').catch(() => undefined);
  const elsewhere =
    kept ?? ((await reaches(account, folder)) ? undefined : await makeElsewhere(pointer, account));
  if (!elsewhere) return join(folder, 'data');
  await refuseStrangers(elsewhere, folder, account);
  log.warn(
    { folder: elsewhere },
    `the database's files are in ${elsewhere}: run by root, Postgres is the user nobody, which cannot reach ${folder}`,
  );
  return join(elsewhere, 'data');
}

/** Makes a folder of the account's own. */
export async function makeFolder(path: string, account: Account | undefined): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (account) await chown(path, account.uid, account.gid);
}

async function makeElsewhere(pointer: string, account: Account | undefined): Promise<string> {
  const made = await mkdtemp('/var/tmp/kagari-');
  await makeFolder(made, account);
  await writeFile(pointer, made);
  return made;
}

async function refuseStrangers(
  elsewhere: string,
  folder: string,
  account: Account | undefined,
): Promise<void> {
  const found = await stat(elsewhere).catch(() => undefined);
  if (!found)
    throw new Error(`the database's files in ${elsewhere} are gone: remove ${folder} to begin anew`);
  const owners = [account?.uid, process.getuid?.()];
  if (!owners.includes(found.uid) || found.mode & 0o022) {
    throw new Error(`${elsewhere} belongs to somebody else: the database's files cannot be trusted there`);
  }
}

async function statOf(path: string) {
  const found = await stat(path);
  return { mode: found.mode, uid: found.uid, gid: found.gid, isDirectory: found.isDirectory() };
}
