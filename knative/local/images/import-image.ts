import { access, constants, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { ImageConfig } from './image.ts';
import type { ImageStore } from './store.ts';

/** Puts any program, in any language, into the store under a reference; answers its digest. */
export const importImage = async (
  images: ImageStore,
  { folder, reference, ...config }: ImageConfig & { folder: string; reference: string },
): Promise<string> => {
  const [program = '', script] = config.entrypoint;
  if (program === 'node') await mustBeFile(folder, script ?? '', constants.R_OK);
  else if (program.includes('/')) await mustBeFile(folder, program, constants.X_OK);
  const digest = await images.put(folder, config);
  await images.tag(reference, digest);
  return digest;
};

const mustBeFile = async (folder: string, path: string, mode: number): Promise<void> => {
  const file = resolve(folder, path);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile() || !file.startsWith(resolve(folder) + sep))
    throw new Error(`the entrypoint names ${path || 'no file'}, which is no file in ${folder}`);
  await access(file, mode).catch(() => {
    throw new Error(
      `the entrypoint ${path} may not be ${mode === constants.X_OK ? 'executed: chmod +x it' : 'read'}`,
    );
  });
};
