import { constants } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { v7 as uuid } from 'uuid';
import { digestOf } from './digest.ts';
import { type Image, ImageConfig } from './image.ts';
import { draftPrefix, folderName, imagesFolder, isDigest } from './layout.ts';

/** Content-addressed images under `<home>/images`; several processes may use one at a time. */
export interface ImageStore {
  /** Copies a folder in as an image and answers its digest; the same files and config give the same digest. */
  put(folder: string, config: ImageConfig): Promise<string>;
  /** Lets a reference (`dev.local/orders:v2`) mean this digest from now on; the digest must be there. */
  tag(reference: string, digest: string): Promise<void>;
  /** The digest that a reference (`NAME`, `NAME:TAG`, `NAME@sha256:…`) means; undefined where there is no such image. */
  resolve(reference: string): Promise<string | undefined>;
  open(digest: string): Promise<Image | undefined>;
  /** All tags of images that are there, sorted by reference. */
  tags(): Promise<{ reference: string; digest: string }[]>;
}

export const createImageStore = (home: string): ImageStore => {
  const root = imagesFolder(home);
  const tagsFolder = join(root, 'tags');

  // From the folder each time: another process may have pruned what this one once saw.
  const open = async (digest: string): Promise<Image | undefined> => {
    if (!isDigest(digest)) return undefined;
    const folder = join(root, folderName(digest));
    const text = await readFile(join(folder, 'image.json'), 'utf8').catch(absent);
    return text === undefined ? undefined : { digest, folder, config: ImageConfig.parse(JSON.parse(text)) };
  };

  return {
    open,
    async put(folder, config) {
      const draft = join(root, `${draftPrefix}${uuid()}`);
      await mkdir(root, { recursive: true });
      // A program's modules are what its own package.json says, not what one above the home does.
      await writeFile(join(root, 'package.json'), '{}\n');
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
        await rename(draft, join(root, folderName(digest))).catch(unless('ENOTEMPTY', 'EEXIST'));
        return digest;
      } finally {
        await rm(draft, { recursive: true, force: true });
      }
    },
    async tag(reference, digest) {
      if (!(await open(digest))) throw new Error(`there is no image ${digest}`);
      await mkdir(tagsFolder, { recursive: true });
      const draft = join(tagsFolder, `${draftPrefix}${uuid()}`);
      await writeFile(draft, digest);
      await rename(draft, join(tagsFolder, encodeURIComponent(withTag(reference))));
      // A prune looks at the tags after it has put an image aside: one of the two sees the other.
      if (!(await open(digest))) throw new Error(`${reference} was pruned while it was made: make it again`);
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
      const files = names.filter((name) => !name.startsWith(draftPrefix)).sort();
      const all = await Promise.all(
        files.map(async (file) => ({
          reference: decodeURIComponent(file),
          digest: await readFile(join(tagsFolder, file), 'utf8'),
        })),
      );
      const standing = await Promise.all(all.map(({ digest }) => open(digest)));
      return all.filter((_, index) => standing[index]);
    },
  };
};

/** `dev.local/orders` means `dev.local/orders:latest`; a colon before the last slash is a registry's port. */
const withTag = (reference: string): string =>
  /:[^/]*$/.test(reference) ? reference : `${reference}:latest`;

/** What a put left that was killed; one under way is younger. */
const removeOldDrafts = async (root: string): Promise<void> => {
  for (const name of await readdir(root)) {
    if (!name.startsWith(draftPrefix)) continue;
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
