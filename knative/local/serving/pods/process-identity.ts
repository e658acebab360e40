import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process beyond its pid, which the system gives out again: pid and start time. */
export interface ProcessIdentity {
  pid: number;
  started: string;
}

/** Who has this pid now; undefined where nobody has. */
export const identify = async (pid: number): Promise<ProcessIdentity | undefined> => {
  const started = process.platform === 'linux' ? await startOnLinux(pid) : await startByPs(pid);
  return started === undefined ? undefined : { pid, started };
};

/** Whether that very process still lives. */
export const lives = async ({ pid, started }: ProcessIdentity): Promise<boolean> =>
  (await identify(pid))?.started === started;

/** What every process of this machine was started with, NAME=value each, by pid; nothing of one that may not be read. Linux. */
export const processEnvironments = async (): Promise<Map<number, string[]>> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const entries = pids.map(async (pid): Promise<[number, string[]]> => {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    return [pid, environment.split('\0')];
  });
  return new Map(await Promise.all(entries));
};

const startOnLinux = async (pid: number): Promise<string | undefined> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The command's name stands in parentheses and may hold any character: count the fields after it.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' ? undefined : fields?.[19];
};

const startByPs = async (pid: number): Promise<string | undefined> => {
  const answer = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => undefined);
  return answer?.stdout.trim() || undefined;
};
