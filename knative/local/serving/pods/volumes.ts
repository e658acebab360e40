import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Volume } from '../ports.ts';
import { mountFolder } from './environment.ts';

/** The files of one pod's volumes. Writers take turns and read when it is theirs, so that the newest content stays. */
export const createVolumes = (root: string) => {
  let turn: Promise<unknown> = Promise.resolve();
  return {
    write(read: () => Promise<readonly Volume[]>): Promise<void> {
      const written = turn.then(async () => writeVolumes(root, await read()));
      turn = written.catch(() => {});
      return written;
    },
    /** Resolves when nobody writes any more. */
    settled: (): Promise<unknown> => turn,
  };
};

export type Volumes = ReturnType<typeof createVolumes>;

/**
 * Makes a pod's ConfigMap and Secret files what they should be. Each file changes in one step; one whose content is the
 * same is not touched.
 */
const writeVolumes = async (root: string, volumes: readonly Volume[]): Promise<void> => {
  await mkdir(root, { recursive: true, mode: 0o700 });
  for (const { mountPath, files } of volumes) {
    const folder = mountFolder(root, mountPath);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const wanted = new Map(Object.entries(files).map(([name, text]) => [mountFolder(folder, name), text]));
    for (const [path, text] of wanted) await writeChanged(path, text);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && !wanted.has(path) && !volumes.some((other) => isBelow(path, root, other, folder)))
        await rm(path);
    }
  }
};

const writeChanged = async (path: string, text: string): Promise<void> => {
  const current = await readFile(path, 'utf8').catch(() => undefined);
  if (current === text) return;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.draft`, text, { mode: 0o600 });
  await rename(`${path}.draft`, path);
};

/** Files of a volume that is mounted inside another are not the outer one's to remove. */
const isBelow = (path: string, root: string, { mountPath }: Volume, outer: string): boolean => {
  const inner = mountFolder(root, mountPath);
  return inner !== outer && inner.startsWith(`${outer}/`) && path.startsWith(`${inner}/`);
};
