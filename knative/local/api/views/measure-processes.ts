import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Measure, Usage } from '../ports.ts';

// USER_HZ, and the page size of Linux' common platforms; /proc counts in them.
const ticksPerSecond = 100;
const pageBytes = 4096;

/** What processes have used, by /proc where there is one, else by ps. */
export const measureProcesses: Measure = (pids) => (process.platform === 'linux' ? byProc(pids) : byPs(pids));

const byProc: Measure = async (pids) => {
  const measured = await Promise.all(pids.map(async (pid) => [pid, await readProc(pid)] as const));
  return new Map(measured.flatMap(([pid, usage]) => (usage ? [[pid, usage]] : [])));
};

const readProc = async (pid: number): Promise<Usage | undefined> => {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The program's name stands in parentheses and may contain anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [utime, stime, rss] = [fields[11], fields[12], fields[21]].map(Number);
    return {
      cpuSeconds: ((utime ?? 0) + (stime ?? 0)) / ticksPerSecond,
      memoryBytes: (rss ?? 0) * pageBytes,
    };
  } catch {
    return undefined;
  }
};

const byPs: Measure = async (pids) => {
  if (pids.length === 0) return new Map();
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=,time=,rss=', '-p', pids.join(',')]).catch(
    // It exits with 1 where none of them lives.
    () => ({ stdout: '' }),
  );
  return parsePs(stdout);
};

/** Lines of `pid time rss`: `  812 01:02.50 20480`, time as [[dd-]hh:]mm:ss, rss in KiB. */
export const parsePs = (stdout: string): Map<number, Usage> =>
  new Map(
    stdout.split('\n').flatMap((line) => {
      const [, pid, days, clock, rss] = /^\s*(\d+)\s+(?:(\d+)-)?([\d:.]+)\s+(\d+)\s*$/.exec(line) ?? [];
      if (!pid || !clock) return [];
      const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
      const usage = { cpuSeconds: Number(days ?? 0) * 86_400 + seconds, memoryBytes: Number(rss) * 1024 };
      return [[Number(pid), usage] as const];
    }),
  );
