import { constants } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { v7 as uuid } from 'uuid';
import { digestOf } from './digest.ts';
import { type Image, ImageConfig } from './image.ts';

/** Content-addressed images under `<home>/images`; several processes may use one at a time. */
export interface ImageStore {
  /** Copies a folder in as an image and answers its digest; the same files and config give the same digest. */
  put(folder: string, config: ImageConfig): Promise<string>;
  /** Lets a reference (`dev.local/orders:v2`) mean this digest from now on; the digest must be there. */
  tag(reference: string, digest: string): Promise<void>;
  /** The digest that a reference (`NAME`, `NAME:TAG`, `NAME@sha256:…`) means; undefined where there is no such image. */
  resolve(reference: string): Promise<string | undefined>;
  open(digest: string): Promise<Image | undefined>;
  /** All tags, sorted by reference. */
  tags(): Promise<{ reference: string; digest: string }[]>;
}

export const createImageStore = (home: string): ImageStore => {
  const root = join(resolve(home), 'images');
  const tagsFolder = join(root, 'tags');
  const opened = new Map<string, Image>();

  const open = async (digest: string): Promise<Image | undefined> => {
    const known = opened.get(digest);
    if (known || !/^sha256:[0-9a-f]{64}$/.test(digest)) return known;
    const folder = join(root, digest.replace(':', '-'));
    const text = await readFile(join(folder, 'image.json'), 'utf8').catch(absent);
    if (text === undefined) return undefined;
    const image = { digest, folder, config: ImageConfig.parse(JSON.parse(text)) };
    opened.set(digest, image);
    return image;
  };

  return {
    open,
    async put(folder, config) {
      const draft = join(root, `.draft-${uuid()}`);
      await mkdir(root, { recursive: true });
      await removeOldDrafts(root);
      try {
        await cp(folder, draft, {
          recursive: true,
          verbatimSymlinks: true,
          mode: constants.COPYFILE_FICLONE,
        });
        await writeFile(join(draft, 'image.json'), `${JSON.stringify(ImageConfig.parse(config))}\n`);
        const digest = await digestOf(draft);
        // A rename onto a folder that is not empty fails: then the same image is there already.
        await rename(draft, join(root, digest.replace(':', '-'))).catch(unless('ENOTEMPTY', 'EEXIST'));
        return digest;
      } finally {
        await rm(draft, { recursive: true, force: true });
      }
    },
    async tag(reference, digest) {
      if (!(await open(digest))) throw new Error(`there is no image ${digest}`);
      await mkdir(tagsFolder, { recursive: true });
      const draft = join(tagsFolder, `.draft-${uuid()}`);
      await writeFile(draft, digest);
      await rename(draft, join(tagsFolder, encodeURIComponent(withTag(reference))));
    },
    async resolve(reference) {
      const [, pinned] = reference.split('@');
      const digest =
        pinned ??
        (await readFile(join(tagsFolder, encodeURIComponent(withTag(reference))), 'utf8').catch(absent));
      return digest === undefined ? undefined : (await open(digest))?.digest;
    },
    async tags() {
      const names = (await readdir(tagsFolder).catch(absent)) ?? [];
      const files = names.filter((name) => !name.startsWith('.draft-')).sort();
      return Promise.all(
        files.map(async (file) => ({
          reference: decodeURIComponent(file),
          digest: await readFile(join(tagsFolder, file), 'utf8'),
        })),
      );
    },
  };
};

/** `dev.local/orders` means `dev.local/orders:latest`; a colon before the last slash is a registry's port. */
const withTag = (reference: string): string =>
  /:[^/]*$/.test(reference) ? reference : `${reference}:latest`;

/** What a put left that was killed; one under way is younger. */
const removeOldDrafts = async (root: string): Promise<void> => {
  for (const name of await readdir(root)) {
    if (!name.startsWith('.draft-')) continue;
    const made = await stat(join(root, name)).catch(absent);
    if (made && Date.now() - made.mtimeMs > 3_600_000)
      await rm(join(root, name), { recursive: true, force: true });
  }
};

const unless =
  (...codes: string[]) =>
  (error: NodeJS.ErrnoException) => {
    if (!codes.includes(error.code ?? '')) throw error;
  };

const absent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
};
