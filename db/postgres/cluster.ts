import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Binaries } from './binaries.ts';
import type { Log } from './log.ts';
import { type Account, makeFolder } from './place.ts';

interface Cluster {
  dataDir: string;
  binaries: Binaries;
  account: Account | undefined;
}

/** Nothing of ours reaches the server's processes: no secret, no locale, no time zone. */
export const cleanEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** Makes the cluster where there is none; answers whether it did. A crash in between leaves nothing half made. */
export async function initialiseCluster(
  cluster: Cluster & { superuser: string; password: string },
): Promise<boolean> {
  const { dataDir, binaries, account, superuser, password } = cluster;
  const version = await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version !== undefined) {
    if (version.trim() === binaries.major) return false;
    throw new Error(
      `${dataDir} was made by Postgres ${version.trim()}, this is ${binaries.major}: dump it with the old one, remove it, load it again`,
    );
  }
  await removeUnfinished(dataDir);
  // Named anew each time: the initdb of a killed launcher may still be writing.
  const unfinished = `${dataDir}.new-${randomBytes(4).toString('hex')}`;
  const passwordFile = join(unfinished, 'password');
  await makeFolder(unfinished, account);
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account) await chown(passwordFile, account.uid, account.gid);
  const made = join(unfinished, 'data');
  // --no-sync saves half a second at the first start; syncCluster makes up for it once the server answers.
  await initdb(cluster, [
    `--pgdata=${made}`,
    `--username=${superuser}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    '--no-sync',
  ]).ended;
  await rename(made, dataDir);
  await rm(unfinished, { recursive: true, force: true });
  return true;
}

/** Flushes a new cluster to the disk, in the background; `end` waits a second for it. */
export function syncCluster({ log, ...cluster }: Cluster & { log: Log }): { end(): Promise<void> } {
  const { ended, kill } = initdb(cluster, [`--pgdata=${cluster.dataDir}`, '--sync-only']);
  const settled = ended.catch((error: Error) =>
    log.warn({ err: error }, 'the new database could not be flushed to the disk'),
  );
  return {
    async end() {
      const impatience = setTimeout(kill, 1000);
      await settled;
      clearTimeout(impatience);
    },
  };
}

async function removeUnfinished(dataDir: string): Promise<void> {
  const folder = dirname(dataDir);
  const begun = `${basename(dataDir)}.new-`;
  for (const name of await readdir(folder)) {
    if (name.startsWith(begun)) await rm(join(folder, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

function initdb({ binaries, account }: Cluster, args: string[]): { ended: Promise<void>; kill: () => void } {
  const child = spawn(binaries.initdb, args, {
    ...account,
    cwd: '/',
    env: cleanEnvironment,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve, reject) => {
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const reason = complaint.trim().replaceAll(/\s*\n\s*/g, ' ') || 'no reason given';
      if (code === 0) resolve();
      else reject(new Error(`initdb failed (${signal ?? code}): ${reason}`));
    });
  });
  return { ended, kill: () => child.kill('SIGKILL') };
}
