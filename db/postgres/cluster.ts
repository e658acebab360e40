import { spawn } from 'node:child_process';
import { chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from './binaries.ts';
import type { Log } from './launcher.ts';
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
  const unfinished = `${dataDir}.new`;
  const passwordFile = `${dataDir}.password`;
  await rm(unfinished, { recursive: true, force: true });
  await rm(passwordFile, { force: true });
  await makeFolder(unfinished, account);
  try {
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (account) await chown(passwordFile, account.uid, account.gid);
    // --no-sync saves half a second at the first start; syncCluster makes up for it once the server answers.
    await initdb(cluster, [
      `--pgdata=${unfinished}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      '--no-sync',
    ]);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(unfinished, dataDir);
  return true;
}

/** Flushes a new cluster to the disk, in the background. */
export function syncCluster({ log, ...cluster }: Cluster & { log: Log }): void {
  initdb(cluster, [`--pgdata=${cluster.dataDir}`, '--sync-only']).catch((error: Error) =>
    log.warn({ err: error }, 'the new database could not be flushed to the disk'),
  );
}

function initdb({ binaries, account }: Cluster, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(binaries.initdb, args, {
      ...account,
      cwd: '/',
      env: cleanEnvironment,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`initdb failed (${signal ?? code}): ${complaint.trim() || 'no reason given'}`));
    });
  });
}
