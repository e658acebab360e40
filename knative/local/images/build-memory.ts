import { mkdirSync, readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Input } from './inputs.ts';

export interface LastBuild {
  digest: string;
  inputs: Input[];
}

/** What the last build of each function was made of, under `<home>/build`; other settings make it forget. */
export const createBuildMemory = (home: string, settings: string) => {
  const folder = join(home, 'build');
  const file = (name: string) => join(folder, `${name}.json`);
  mkdirSync(folder, { recursive: true });

  return {
    recall(name: string): LastBuild | undefined {
      try {
        const last: LastBuild & { settings: string } = JSON.parse(readFileSync(file(name), 'utf8'));
        return last.settings === settings ? last : undefined;
      } catch {
        // Absent or broken: then it is built again.
        return undefined;
      }
    },
    forget: (name: string): Promise<void> => rm(file(name), { force: true }),
    async remember(name: string, build: LastBuild): Promise<void> {
      await writeFile(`${file(name)}.draft`, JSON.stringify({ settings, ...build }));
      await rename(`${file(name)}.draft`, file(name));
    },
  };
};
