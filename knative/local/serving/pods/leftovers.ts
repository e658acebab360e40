import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../store/types.ts';
import { identify, lives, type ProcessIdentity, processEnvironments } from './process-identity.ts';

const file = 'process.json';

/** Notes in a pod's folder which process is the pod's, so that a later start can end it. */
export const noteProcess = async (folder: string, pid: number): Promise<void> => {
  const who = await identify(pid);
  if (who) await writeFile(join(folder, file), JSON.stringify(who)).catch(ignoreAbsent);
};

/**
 * Ends the pods that an earlier runtime left under this folder (absolute, free of links), and removes what they had;
 * strangers that got their pids stay.
 */
export const endLeftovers = async (podsFolder: string, log: Log): Promise<void> => {
  await mkdir(podsFolder, { recursive: true, mode: 0o700 });
  const pods = await readdir(podsFolder);
  if (pods.length === 0) return;
  for (const pod of pods) {
    const who = await read(join(podsFolder, pod, file));
    if (who && (await lives(who))) {
      log.warn({ pod, pid: who.pid }, 'ending a pod that an earlier runtime left');
      await end(who, { group: true });
    }
  }
  for (const who of await findUnnoted(podsFolder)) {
    log.warn({ pid: who.pid }, 'ending a process of a pod that an earlier runtime left');
    await end(who, { group: false });
  }
  for (const pod of pods) await rm(join(podsFolder, pod), { recursive: true, force: true });
};

/**
 * A runtime that is killed while it starts a process has neither noted it nor told its reaper; what a pod started
 * outside its group is noted nowhere. Their environment tells whose they are, where the system shows it.
 */
const findUnnoted = async (podsFolder: string): Promise<ProcessIdentity[]> => {
  if (process.platform !== 'linux') return [];
  const pids = [...(await processEnvironments())]
    .filter(([, environment]) => environment.some((line) => line.startsWith(`TMPDIR=${podsFolder}/`)))
    .map(([pid]) => pid);
  return (await Promise.all(pids.map(identify))).filter((who) => who !== undefined);
};

const end = async (who: ProcessIdentity, { group }: { group: boolean }): Promise<void> => {
  try {
    process.kill(group ? -who.pid : who.pid, 'SIGKILL');
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
