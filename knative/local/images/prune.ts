import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { v7 as uuid } from 'uuid';
import { cacheFolder, digestOfFolder, draftPrefix, folderName, imagesFolder } from './layout.ts';
import { createImageStore } from './store.ts';

export interface PruneOptions {
  home: string;
  /** Digests that must stay beside the tagged ones; asked again after the others are put aside. Throws where it cannot know. */
  used(): Promise<Iterable<string>>;
  dryRun?: boolean;
}

export interface StoredImage {
  digest: string;
  bytes: number;
}

const asidePrefix = '.aside-';

/**
 * Removes the images that no tag and nobody else names, and answers them. Each is put aside first, where no reference
 * leads any more, and what has come to be named by then is brought back; so is everything when it fails.
 */
export const pruneImages = async ({ home, used, dryRun = false }: PruneOptions): Promise<StoredImage[]> => {
  const root = imagesFolder(home);
  const named = async (): Promise<ReadonlySet<string>> => {
    const digests = (await createImageStore(home).tags()).map(({ digest }) => digest);
    return new Set([...digests, ...(await used())]);
  };
  const inPlace = (digest: string) => join(root, folderName(digest));
  const aside = (digest: string) => join(root, asidePrefix + folderName(digest));
  // Of a prune that was killed: it is finished now.
  const left = await digestsIn(root, asidePrefix);

  const before = await named();
  const unnamed = (await digestsIn(root)).filter((digest) => !before.has(digest));
  const sizes = await Promise.all(
    [...unnamed.map(inPlace), ...left.map(aside)].map((folder) => sizeOf(folder)),
  );
  const found = [...unnamed, ...left].map((digest, index) => ({ digest, bytes: sizes[index] ?? 0 }));
  if (dryRun) return found.filter(({ digest }) => !before.has(digest));

  let keep: ReadonlySet<string> = new Set(found.map(({ digest }) => digest));
  try {
    for (const digest of unnamed) await rename(inPlace(digest), aside(digest));
    keep = await named();
  } finally {
    for (const { digest } of found) if (keep.has(digest)) await bringBack(aside(digest), inPlace(digest));
  }
  const removed = found.filter(({ digest }) => !keep.has(digest));
  for (const { digest } of removed) {
    await remove(root, aside(digest));
    await rm(cacheFolder(home, digest), { recursive: true, force: true });
  }
  return removed;
};

/** All images of a home, by digest. */
export const storedImages = async (home: string): Promise<StoredImage[]> => {
  const root = imagesFolder(home);
  const digests = (await digestsIn(root)).sort();
  return Promise.all(
    digests.map(async (digest) => ({ digest, bytes: await sizeOf(join(root, folderName(digest))) })),
  );
};

/** Where the same image was put meanwhile, that one stays. */
const bringBack = async (aside: string, place: string): Promise<void> => {
  await rename(aside, place).catch(() => rm(aside, { recursive: true, force: true }));
};

/** Out of the reach of another prune first, which might bring back half of it. Killed in between, it is an old draft. */
const remove = async (root: string, aside: string): Promise<void> => {
  const draft = join(root, `${draftPrefix}${uuid()}`);
  await rename(aside, draft).catch(() => {});
  await rm(draft, { recursive: true, force: true });
};

const digestsIn = async (root: string, prefix = ''): Promise<string[]> => {
  const names = await readdir(root).catch(() => []);
  return names.flatMap((name) =>
    name.startsWith(prefix) ? (digestOfFolder(name.slice(prefix.length)) ?? []) : [],
  );
};

const sizeOf = async (folder: string): Promise<number> => {
  const files = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = files
    .filter((file) => file.isFile())
    .map((file) =>
      stat(join(file.parentPath, file.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
};
