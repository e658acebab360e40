import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { startedAt } from './process.ts';

/**
 * Takes the home for this process until the answer is called; refuses while another live process has it. Without it
 * a second start would take the first one's server for an orphan and stop it.
 */
export async function lockHome(folder: string): Promise<() => Promise<void>> {
  const lock = join(folder, 'lock');
  const mine = `${lock}.${process.pid}`;
  await writeFile(mine, `${process.pid} ${await startedAt(process.pid)}`);
  try {
    while (!(await linked(mine, lock))) {
      const owner = await readFile(lock, 'utf8').catch(() => undefined);
      if (owner === undefined) continue;
      if (await lives(owner)) {
        throw new Error(
          `${dirname(folder)} is in use by process ${owner.split(' ')[0]}: stop it, or name another home with --home`,
        );
      }
      // Renamed before it is removed: of two that saw the same dead owner only one gets it out of the way.
      const dead = `${lock}.dead.${process.pid}`;
      await rename(lock, dead).catch(() => {});
      const taken = await readFile(dead, 'utf8').catch(() => owner);
      if (taken !== owner) await linked(dead, lock);
      await rm(dead, { force: true });
    }
  } finally {
    await rm(mine, { force: true });
  }
  let held = true;
  return async () => {
    if (!held) return;
    held = false;
    await rm(lock, { force: true });
  };
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function lives(owner: string): Promise<boolean> {
  const [pid, started] = owner.split(' ');
  return (await startedAt(Number(pid))) === started;
}
