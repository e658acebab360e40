import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { inLab, lab } from './lab.ts';

/** An image of the lab's node, of a folder and a Dockerfile; built where it is not there, since its tag is its content. */
export const imageOf = async (
  name: string,
  { folder, file = join(folder, 'Dockerfile'), args = {} }: ImageSource,
): Promise<string> => {
  const given = Object.entries(args).map(([key, value]) => `${key}=${value}`);
  const content = createHash('sha256').update(JSON.stringify(given));
  const files = (await readdir(folder)).map((each) => join(folder, each));
  for (const path of new Set([file, ...files.sort()]))
    await pipeline(createReadStream(path), content, { end: false });
  const image = `dev.local/${name}:${content.digest('hex').slice(0, 12)}`;
  const known = (await inLab('ctr', 'images', 'ls', '-q')).split('\n');
  if (!known.includes(image))
    await lab(
      'image',
      'build',
      '-t',
      image,
      ...given.flatMap((each) => ['--build-arg', each]),
      '-f',
      file,
      folder,
    );
  return image;
};

export interface ImageSource {
  folder: string;
  file?: string;
  /** Build arguments. */
  args?: Record<string, string>;
}
