import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuiltImage, buildFunctions } from './images/build.ts';
import type { ImageStore } from './images/store.ts';
import type { Stamp } from './manifests/stamp.ts';

const documents = 'scripts/build/openapi.ts';

export interface BuildSettings {
  root: string;
  home: string;
  images: ImageStore;
  say(line: string): void;
}

/** Builds what changed of a repository's functions; answers the stamps of their images. Other repositories build nothing. */
export const buildImages = async ({ root, home, images, say }: BuildSettings): Promise<Stamp> => {
  if (!existsSync(join(root, 'functions'))) return () => undefined;
  const { version = '0.0.0' } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8').catch(() => '{}'),
  );
  const built = await buildFunctions({
    root,
    home,
    images,
    version,
    ...(existsSync(join(root, documents)) && {
      documents: { script: documents, inputs: ['functions/kit/openapi.ts'], allIn: ['gateway'] },
    }),
  });
  const fresh = built.filter((image) => image.built).map(({ name }) => name);
  if (fresh.length > 0) say(`built ${fresh.join(' ')}`);
  return stampsOf(built);
};

const stampsOf = (built: readonly BuiltImage[]): Stamp => {
  const digests = new Map(built.map(({ reference, digest }) => [reference, digest]));
  return (image) => digests.get(image);
};
