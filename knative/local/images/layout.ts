import { join, resolve } from 'node:path';

export const imagesFolder = (home: string): string => join(resolve(home), 'images');

/** What Node compiled of an image's code, kept from pod to pod. */
export const cacheFolder = (home: string, digest: string): string =>
  join(resolve(home), 'cache', folderName(digest));

/** Of folders in the store that are no images yet, or no longer; old ones are removed by the next put. */
export const draftPrefix = '.draft-';

export const isDigest = (text: string): boolean => /^sha256:[0-9a-f]{64}$/.test(text);

/** A digest's folder in the store. */
export const folderName = (digest: string): string => digest.replace(':', '-');

export const digestOfFolder = (name: string): string | undefined => {
  const digest = name.replace('-', ':');
  return isDigest(digest) ? digest : undefined;
};
