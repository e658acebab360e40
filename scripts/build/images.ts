import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildClusterImages } from '../../knative/local/build-images.ts';
import { createImageStore } from '../../knative/local/images/store.ts';

const root = join(import.meta.dirname, '../..');

/** Lays out `<out>/<image>/` for the Dockerfile: the image's files, and `image.env`, its environment. */
const writeImages = async (out: string): Promise<void> => {
  const home = await mkdtemp(join(tmpdir(), 'kagari-images-'));
  try {
    const images = createImageStore(home);
    for (const { name, digest } of await buildClusterImages({ root, home, images })) {
      const image = await images.open(digest);
      if (!image) throw new Error(`${name} was not built`);
      const lines = Object.entries(image.config.env).map(
        ([key, value]) => `${key}=${JSON.stringify(value)}\n`,
      );
      await cp(image.folder, join(out, name), { recursive: true });
      await writeFile(join(out, name, 'image.env'), lines.join(''));
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
};

if (import.meta.main) {
  const { out } = parseArgs({ options: { out: { type: 'string', default: 'images' } } }).values;
  await writeImages(out);
}
