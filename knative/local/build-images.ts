import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BuildOptions,
  type BuiltImage,
  buildFunctions,
  functionsOf,
  type Program,
} from './images/build.ts';
import type { ImageStore } from './images/store.ts';
import type { Stamp } from './manifests/stamp.ts';

const documents = 'scripts/build/openapi.ts';
const migrate: Program = {
  name: 'migrate',
  entry: 'scripts/migrate/main.ts',
  folders: ['db/migrations'],
};

export interface BuildSettings {
  root: string;
  home: string;
  images: ImageStore;
  say(line: string): void;
}

/** Builds what changed of a repository's functions; answers the stamps of their images. Other repositories build nothing. */
export const buildImages = async ({ root, home, images, say }: BuildSettings): Promise<Stamp> => {
  if (!existsSync(join(root, 'functions'))) return () => undefined;
  const built = await buildFunctions({ ...(await factsOf(root)), home, images });
  const fresh = built.filter((image) => image.built).map(({ name }) => name);
  if (fresh.length > 0) say(`built ${fresh.join(' ')}`);
  return stampsOf(built);
};

/** Builds what a cluster needs: an image of each function, and `migrate`, whose Job prepares the database for them. */
export const buildClusterImages = async (settings: Omit<BuildSettings, 'say'>): Promise<BuiltImage[]> =>
  buildFunctions({ ...settings, ...(await factsOf(settings.root)), jobs: [migrate] });

export interface BuildOneSettings extends Omit<BuildSettings, 'say'> {
  name: string;
  reference: string;
}

/** Builds one function and gives its image this reference; throws with the names there are where this is none. */
export const buildImage = async ({
  name,
  reference,
  root,
  home,
  images,
}: BuildOneSettings): Promise<BuiltImage> => {
  const names = existsSync(join(root, 'functions')) ? functionsOf(root) : [];
  if (!names.includes(name)) throw new Error(`there is no function ${name}: there are ${names.join(', ')}`);
  const facts = await factsOf(root);
  const [built] = await buildFunctions({
    ...facts,
    home,
    images,
    functions: [name],
    reference: () => reference,
  });
  if (!built) throw new Error(`${name} was not built`);
  return built;
};

const factsOf = async (root: string): Promise<Pick<BuildOptions, 'root' | 'version' | 'documents'>> => {
  const { version = '0.0.0' } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8').catch(() => '{}'),
  );
  return {
    root,
    version,
    ...(existsSync(join(root, documents)) && {
      documents: { script: documents, inputs: ['functions/kit/openapi.ts'], allIn: ['gateway'] },
    }),
  };
};

const stampsOf = (built: readonly BuiltImage[]): Stamp => {
  const digests = new Map(built.map(({ reference, digest }) => [reference, digest]));
  return (image) => digests.get(image);
};
