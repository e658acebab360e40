import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The moment a process began, in the system's own words: with its pid it names a process for good. */
export async function startedAt(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return ps(pid, 'lstart=');
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // Field 22 (proc_pid_stat(5)); the second field may hold spaces and brackets, so count from its end.
  return line?.slice(line.lastIndexOf(')') + 2).split(' ')[19];
}

/** The command line of a process, arguments parted by blanks; undefined when it has ended, reaped or not. */
export async function commandLine(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return ps(pid, 'command=');
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return line.replaceAll('\0', ' ').trim() || undefined;
}

/** Whether the process ended within the time. */
export async function endsWithin(pid: number, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while ((await commandLine(pid)) !== undefined) {
    if (Date.now() > deadline) return false;
    await sleep(10);
  }
  return true;
}

async function ps(pid: number, format: string): Promise<string | undefined> {
  const found = await run('ps', ['-ww', '-o', format, '-p', String(pid)]).catch(() => undefined);
  return found?.stdout.trim() || undefined;
}
