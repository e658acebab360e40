import { chmod, readFile, rename, writeFile } from 'node:fs/promises';

/** A file's text, or undefined where there is none; it is readable by its owner only from here on. */
export const readPrivate = async (path: string): Promise<string | undefined> => {
  try {
    await chmod(path, 0o600);
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Writes it whole or not at all, readable by its owner only. */
export const writePrivate = async (path: string, content: string): Promise<void> => {
  const temporary = `${path}.${process.pid}.new`;
  await writeFile(temporary, content, { mode: 0o600, flush: true });
  await rename(temporary, path);
};
