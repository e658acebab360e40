import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from './log.ts';
import { commandLine, endsWithin } from './process.ts';

/** What a running server says of itself (postmaster.pid, line by line). */
export interface Postmaster {
  pid: number;
  ready: boolean;
}

export async function readPostmaster(dataDir: string): Promise<Postmaster | undefined> {
  const lines = (await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, ready: lines[7]?.trim() === 'ready' } : undefined;
}

/** Ends the server that a killed launcher left behind; call it only with the home's lock in hand. */
export async function stopOrphan(dataDir: string, log: Log): Promise<void> {
  const left = await readPostmaster(dataDir);
  if (!left) return;
  const command = await commandLine(left.pid);
  if (!command?.includes(`-D ${dataDir} -c `)) return disown(dataDir);
  log.info({ pid: left.pid }, 'stopping the Postgres that an earlier run left behind');
  const steps = [
    ['SIGINT', 5000],
    ['SIGQUIT', 2000],
    ['SIGKILL', 2000],
  ] as const;
  for (const [signal, ms] of steps) {
    try {
      process.kill(left.pid, signal);
    } catch {
      return;
    }
    if (await endsWithin(left.pid, ms)) return;
  }
  throw new Error(`the Postgres of an earlier run, process ${left.pid}, does not end: end it by hand`);
}

/**
 * The pid is that of a dead process which nobody has reaped, or of another program by now: Postgres would refuse to start
 * because of either. Only the pid is replaced, by one that cannot be: from the rest of the file Postgres sees whether
 * backends of the dead server still use its memory.
 */
async function disown(dataDir: string): Promise<void> {
  const file = join(dataDir, 'postmaster.pid');
  await writeFile(file, (await readFile(file, 'utf8')).replace(/^\d+/, '2147483647'));
}
