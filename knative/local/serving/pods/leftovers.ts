import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../store/types.ts';
import { identify, lives, type ProcessIdentity } from './process-identity.ts';

const file = 'process.json';

/** Notes in a pod's folder which process is the pod's, so that a later start can end it. */
export const noteProcess = async (folder: string, pid: number): Promise<void> => {
  const who = await identify(pid);
  if (who) await writeFile(join(folder, file), JSON.stringify(who)).catch(ignoreAbsent);
};

/** Ends the pods that an earlier runtime left under this folder, and removes what they had; strangers that got their pids stay. */
export const endLeftovers = async (podsFolder: string, log: Log): Promise<void> => {
  await mkdir(podsFolder, { recursive: true, mode: 0o700 });
  for (const pod of await readdir(podsFolder)) {
    const folder = join(podsFolder, pod);
    const who = await read(join(folder, file));
    if (who && (await lives(who))) {
      log.warn({ pod, pid: who.pid }, 'ending a pod that an earlier runtime left');
      await endGroup(who);
    }
    await rm(folder, { recursive: true, force: true });
  }
};

const endGroup = async (who: ProcessIdentity): Promise<void> => {
  try {
    process.kill(-who.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  while (await lives(who)) await sleep(5);
};

const read = async (path: string): Promise<ProcessIdentity | undefined> => {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
};

/** The pod has ended, and its folder with it. */
const ignoreAbsent = (error: NodeJS.ErrnoException) => {
  if (error.code !== 'ENOENT') throw error;
};
