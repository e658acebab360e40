import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { createBuildMemory } from './build-memory.ts';
import type { BundleInputs, BundleRequest } from './bundle.ts';
import { createInputs } from './inputs.ts';
import { runNode } from './run-node.ts';
import type { ImageStore } from './store.ts';

const bundleScript = join(import.meta.dirname, 'bundle.ts');

export interface BuildOptions {
  /** A repository with `functions/NAME/main.ts`. */
  root: string;
  home: string;
  images: ImageStore;
  /** VERSION of the functions' environment. */
  version: string;
  /** Absent: all there are. */
  functions?: readonly string[];
  /** Built beside the functions. */
  jobs?: readonly Program[];
  documents?: DocumentsCommand;
  /** Absent: `dev.local/NAME:dev`. */
  reference?: (name: string) => string;
}

/** Who writes the OpenAPI documents; paths are relative to the root. */
export interface DocumentsCommand {
  /** Called with `--out DIR` it writes `DIR/NAME.json`, the function's `openapi.json`. */
  script: string;
  /** What the documents are made of besides the functions' own files. */
  inputs: readonly string[];
  /** Functions whose image also holds the documents of all, as `openapi/NAME.json`. */
  allIn: readonly string[];
}

/** What an image is made of; paths are relative to the root. */
export interface Program {
  name: string;
  entry: string;
  /** Laid beside the bundle under their own last name. */
  folders: readonly string[];
}

export interface BuiltImage {
  name: string;
  reference: string;
  digest: string;
  /** False where nothing had changed. */
  built: boolean;
}

/**
 * Makes an image of each function: one bundle, `main.mjs`, and its `openapi.json`. Only what changed since the last
 * build under this home is bundled, in one child process; where nothing changed it costs a stat a file. Throws the
 * bundler's own words.
 */
export const buildFunctions = async (options: BuildOptions): Promise<BuiltImage[]> => {
  const { images, version, jobs = [], documents, reference = (name) => `dev.local/${name}:dev` } = options;
  const root = resolve(options.root);
  const inputs = createInputs(root);
  const memory = createBuildMemory(options.home, [version, process.version, bundler()].join(' '));
  const functions = options.functions ?? functionsOf(root);
  const programs = new Map(
    [...functions.map((name) => functionProgram(root, name)), ...jobs].map((each) => [each.name, each]),
  );
  const besides = (name: string) => programs.get(name)?.folders ?? [];
  const known = new Map<string, string>();
  const changed: string[] = [];

  for (const name of programs.keys()) {
    const last = memory.recall(name);
    const knows = (file: string) => last?.inputs.some(({ path }) => path === file);
    if (
      last &&
      inputs.unchanged(last.inputs) &&
      filesIn(root, besides(name)).every(knows) &&
      (await images.open(last.digest))
    )
      known.set(name, last.digest);
    else changed.push(name);
  }
  if (changed.length > 0)
    for (const name of documents?.allIn ?? [])
      if (known.delete(name)) changed.push(name);
      // Not asked for now, it is to show the new documents when it is.
      else if (!changed.includes(name)) await memory.forget(name);

  const make = async (drafts: string) => {
    const started = Date.now();
    const [sources] = await Promise.all([
      bundle(
        root,
        Object.fromEntries(changed.map((name) => [name, programs.get(name)?.entry ?? ''])),
        drafts,
      ),
      documents && runNode(root, [documents.script, '--out', join(drafts, 'openapi')]),
    ]);
    const shared = [...rootFiles(root), ...(documents ? [documents.script, ...documents.inputs] : [])];
    for (const name of changed) {
      const read = inputs.read([...(sources[name] ?? []), ...filesIn(root, besides(name)), ...shared]);
      const folder = await layOut(drafts, name, documents?.allIn.includes(name) ?? false);
      for (const beside of besides(name))
        await cp(join(root, beside), join(folder, basename(beside)), { recursive: true });
      const digest = await images.put(folder, {
        entrypoint: ['node', 'main.mjs'],
        env: { VERSION: version },
      });
      known.set(name, digest);
      // A file written meanwhile may differ from what was bundled: not remembered, it is built again next time.
      if (read.every((input) => input.ctimeMs < started))
        await memory.remember(name, { inputs: read, digest });
    }
  };
  if (changed.length > 0) await inDrafts(make);

  return Promise.all(
    [...known].sort().map(async ([name, digest]) => {
      if ((await images.resolve(reference(name))) !== digest) await images.tag(reference(name), digest);
      return { name, reference: reference(name), digest, built: changed.includes(name) };
    }),
  );
};

/** Another bundler makes other bundles of the same inputs. */
const bundler = (): string => createHash('sha256').update(readFileSync(bundleScript)).digest('hex');

/** The functions of a repository, sorted. */
export const functionsOf = (root: string): string[] =>
  readdirSync(join(root, 'functions'))
    .filter((name) => existsSync(join(root, 'functions', name, 'main.ts')))
    .sort();

/** They decide what an import means. */
const rootFiles = (root: string): string[] =>
  ['package.json', 'package-lock.json', 'tsconfig.json'].filter((file) => existsSync(join(root, file)));

/** What a function reads at run time stands in its `assets/`. */
const functionProgram = (root: string, name: string): Program => ({
  name,
  entry: `functions/${name}/main.ts`,
  folders: [`functions/${name}/assets`].filter((folder) => existsSync(join(root, folder))),
});

const filesIn = (root: string, folders: readonly string[]): string[] =>
  folders.flatMap((folder) => readdirSync(join(root, folder)).map((file) => join(folder, file)));

const bundle = async (root: string, entries: Record<string, string>, out: string): Promise<BundleInputs> => {
  const request: BundleRequest = { entries, out };
  return JSON.parse(await runNode(root, [bundleScript, JSON.stringify(request)]));
};

const layOut = async (drafts: string, name: string, withAllDocuments: boolean): Promise<string> => {
  const folder = join(drafts, 'image', name);
  await mkdir(folder, { recursive: true });
  await copyFile(join(drafts, `${name}.mjs`), join(folder, 'main.mjs'));
  const own = join(drafts, 'openapi', `${name}.json`);
  if (existsSync(own)) await copyFile(own, join(folder, 'openapi.json'));
  if (withAllDocuments) await cp(join(drafts, 'openapi'), join(folder, 'openapi'), { recursive: true });
  return folder;
};

const inDrafts = async (work: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'kagari-build-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
