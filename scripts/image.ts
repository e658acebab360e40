import { stat } from 'node:fs/promises';
import { imageProblem } from '../knative/local/admission/serving/image-reference.ts';
import { importImage } from '../knative/local/images/import-image.ts';
import { storedImages } from '../knative/local/images/prune.ts';
import { createImageStore } from '../knative/local/images/store.ts';
import { type Command, readArguments, readHome, UsageError } from './command.ts';
import { sizeFor } from './size.ts';

const usage = `kagari image import DIR --entrypoint WORDS -t NAME:TAG [--env KEY=VALUE]… [--home .kagari]
kagari image list [--home .kagari]

import copies a folder in as an image and prints its reference and digest.

  --entrypoint         how it is started, in the folder: './server --verbose', 'node main.mjs', or a JSON list of words.
                       It serves HTTP at the port that PORT names.
  -t                   reference, as YAML will name it: dev.local/shop:v1
  --env                an environment variable of every pod; a Revision's own wins
  --home               everything the runtime keeps              KAGARI_HOME`;

export interface ImportOptions {
  folder: string;
  entrypoint: string[];
  reference: string;
  env: Record<string, string>;
  home: string;
}

export const readImport = (args: string[], env: NodeJS.ProcessEnv): ImportOptions => {
  const { values, positionals } = readArguments(args, {
    entrypoint: { type: 'string' },
    tag: { type: 'string', short: 't' },
    env: { type: 'string', multiple: true },
    home: { type: 'string' },
  });
  const [folder, more] = positionals;
  if (!folder) throw new UsageError('image import takes a folder');
  if (more !== undefined) throw new UsageError(`image import takes one folder, not ${more}, too`);
  if (!values.entrypoint) throw new UsageError('--entrypoint is missing: how the program is started');
  if (!values.tag) throw new UsageError('-t is missing: the reference, such as dev.local/shop:v1');
  if (values.tag.includes('@')) throw new UsageError(`-t is ${values.tag}: a digest cannot be given`);
  const problem = imageProblem(values.tag);
  if (problem) throw new UsageError(problem);
  return {
    folder,
    entrypoint: wordsOf(values.entrypoint),
    reference: values.tag,
    env: Object.fromEntries((values.env ?? []).map(variableOf)),
    home: readHome(values.home, env),
  };
};

export const command: Command = {
  usage,
  read([verb, ...args], env) {
    if (verb === 'import') {
      const options = readImport(args, env);
      return () => bringIn(options);
    }
    if (verb === 'list') {
      const { values, positionals } = readArguments(args, { home: { type: 'string' } });
      if (positionals.length > 0) throw new UsageError(`image list takes no ${positionals[0]}`);
      const home = readHome(values.home, env);
      return () => list(home);
    }
    throw new UsageError(
      verb ? `there is no image ${verb}: there are import, list` : 'image import, or image list',
    );
  },
};

const bringIn = async ({ home, ...image }: ImportOptions): Promise<void> => {
  const found = await stat(image.folder).catch(() => undefined);
  if (!found?.isDirectory()) throw new Error(`${image.folder} is no folder`);
  const digest = await importImage(createImageStore(home), image);
  console.log(`${image.reference} ${digest}`);
};

const list = async (home: string): Promise<void> => {
  const [stored, tags] = await Promise.all([storedImages(home), createImageStore(home).tags()]);
  const rows = stored.flatMap(({ digest, bytes }) => {
    const references = tags.filter((tag) => tag.digest === digest).map(({ reference }) => reference);
    return (references.length > 0 ? references : ['<none>']).map((reference) => [
      reference,
      digest,
      sizeFor(bytes),
    ]);
  });
  rows.sort(([a = ''], [b = '']) => Number(a === '<none>') - Number(b === '<none>') || (a < b ? -1 : 1));
  const widest = Math.max(9, ...rows.map(([reference = '']) => reference.length));
  for (const [reference = '', digest = '', size] of [['REFERENCE', 'DIGEST', 'SIZE'], ...rows])
    console.log(`${reference.padEnd(widest)}   ${digest.padEnd(71)}   ${size}`);
};

const wordsOf = (text: string): string[] => {
  if (!text.trimStart().startsWith('[')) return text.split(/\s+/).filter(Boolean);
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === 'string'))
      return words;
  } catch {
    // Said below.
  }
  throw new UsageError(`--entrypoint is ${text}: no JSON list of words`);
};

const variableOf = (text: string): [string, string] => {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new UsageError(`--env is ${text}: it takes KEY=VALUE`);
  return [name, value];
};
