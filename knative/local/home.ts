import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { identify, lives, type ProcessIdentity } from './process-identity.ts';

export interface Home {
  path: string;
  release(): Promise<void>;
}

/** Makes KAGARI_HOME (0700) and claims it for this process; throws where another runtime that lives has claimed it. */
export const claimHome = async (folder: string): Promise<Home> => {
  const path = resolve(folder);
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
  const claim = `${path}/runtime.json`;
  const mine = JSON.stringify(await identify(process.pid));
  for (;;) {
    try {
      await writeFile(claim, mine, { flag: 'wx', mode: 0o600 });
      return { path, release: () => rm(claim, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = parse(await readFile(claim, 'utf8').catch(() => ''));
    if (holder && (await lives(holder))) {
      throw new Error(
        `a runtime (process ${holder.pid}) already uses ${path}: stop it, or choose another folder with --home`,
      );
    }
    await rm(claim, { force: true });
  }
};

const parse = (text: string): ProcessIdentity | undefined => {
  try {
    return JSON.parse(text) as ProcessIdentity;
  } catch {
    return undefined;
  }
};
