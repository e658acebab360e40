import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inLab, lab } from './lab.ts';

/** An image of the lab's node, of these files and texts; built where it is not there, since its tag is its content. */
export const imageOf = async (
  name: string,
  { files, texts = {} }: { files: readonly string[]; texts?: Record<string, string> },
): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), `kagari-${name}-`));
  try {
    for (const file of files) await cp(file, join(folder, file.split('/').at(-1) ?? ''));
    for (const [file, text] of Object.entries(texts)) await writeFile(join(folder, file), text);
    const content = createHash('sha256');
    for (const file of (await readdir(folder)).sort())
      content.update(file).update(await readFile(join(folder, file)));
    const image = `dev.local/${name}:${content.digest('hex').slice(0, 12)}`;
    const known = (await inLab('ctr', 'images', 'ls', '-q')).split('\n');
    if (!known.includes(image)) await lab('image', 'build', '-t', image, folder);
    return image;
  } finally {
    await rm(folder, { recursive: true });
  }
};
