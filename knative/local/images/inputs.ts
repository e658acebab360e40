import { createHash } from 'node:crypto';
import { readFileSync, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';

/** A file as it was read: contents count, size and times only spare reading it again. */
export interface Input {
  path: string;
  size: number;
  mtimeMs: number;
  ctimeMs: number;
  sum: string;
}

/** Reads files below a folder once each, however often they are asked for. */
export const createInputs = (root: string) => {
  const stats = new Map<string, Stats | undefined>();
  const sums = new Map<string, string>();

  const stat = (path: string) => {
    let found = stats.get(path);
    if (!found) {
      found = statSync(resolve(root, path), { throwIfNoEntry: false });
      stats.set(path, found);
    }
    return found;
  };
  const sum = (path: string) => {
    let found = sums.get(path);
    if (!found) {
      found = createHash('sha256')
        .update(readFileSync(resolve(root, path)))
        .digest('hex');
      sums.set(path, found);
    }
    return found;
  };

  return {
    read(paths: readonly string[]): Input[] {
      return paths.map((path) => {
        const found = stat(path);
        if (!found) throw new Error(`${path} went away while it was built`);
        const { size, mtimeMs, ctimeMs } = found;
        return { path, size, mtimeMs, ctimeMs, sum: sum(path) };
      });
    },
    /** Whether all are as they were. */
    unchanged(inputs: readonly Input[]): boolean {
      return inputs.every((input) => {
        const now = stat(input.path);
        if (!now || now.size !== input.size) return false;
        return (
          (now.mtimeMs === input.mtimeMs && now.ctimeMs === input.ctimeMs) || sum(input.path) === input.sum
        );
      });
    },
  };
};

export type Inputs = ReturnType<typeof createInputs>;
