import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface Memory {
  processes: number;
  /** Sum of the resident sets: pages that processes share count once for each. */
  rssMb: number;
  /** Shared pages counted once in all (proportional set sizes). */
  pssMb: number;
}

/** Memory of a process and all its descendants; Linux. */
export const memoryOfTree = async (root: number): Promise<Memory> => {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=']);
  const parents = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const tree = new Set([root]);
  for (let before = 0; before !== tree.size; ) {
    before = tree.size;
    for (const [pid, parent] of parents) if (tree.has(parent)) tree.add(pid);
  }
  const sizes = await Promise.all(
    [...tree].map((pid) => readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')),
  );
  const sum = (field: string) =>
    Math.round(
      sizes.reduce(
        (total, text) => total + Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0),
        0,
      ) / 1024,
    );
  return { processes: tree.size, rssMb: sum('Rss'), pssMb: sum('Pss') };
};
