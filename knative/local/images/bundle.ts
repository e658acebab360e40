import { readFile } from 'node:fs/promises';
import { build } from 'tsup';

/** What the child is asked for on its command line, as JSON. */
export interface BundleRequest {
  /** Name of a function to its entry file; paths are relative to the working folder. */
  entries: Record<string, string>;
  /** Gets `<name>.mjs` for each entry. */
  out: string;
}

/** What the child answers on stdout, as JSON: the files each bundle was made of. */
export type BundleInputs = Record<string, string[]>;

/**
 * CommonJS packages call require and read __dirname, which a module has not; as globals they are in the way of no module
 * that declares its own. The compile cache is written when a process ends by itself; a function that is killed would leave
 * none, so it is written once the start is over.
 */
const banner = `import { createRequire as kagariRequire, flushCompileCache as kagariFlush } from 'node:module';
globalThis.require = kagariRequire(import.meta.url);
globalThis.__filename = import.meta.filename;
globalThis.__dirname = import.meta.dirname;
setTimeout(kagariFlush, 1000).unref();`;

/**
 * Bundles all entries in one run: one ESM file for each, with all it needs. Not minified: with the compile cache that would
 * save a millisecond of a start, and a crash would print one line of all code as its last words.
 */
const bundle = async ({ entries, out }: BundleRequest): Promise<BundleInputs> => {
  await build({
    entry: entries,
    outDir: out,
    format: ['esm'],
    outExtension: () => ({ js: '.mjs' }),
    platform: 'node',
    target: 'node24',
    splitting: false,
    noExternal: [/./],
    removeNodeProtocol: false,
    banner: { js: banner },
    define: { 'process.env.NODE_ENV': '"production"' },
    metafile: true,
    config: false,
    silent: true,
  });
  const meta: Metafile = JSON.parse(await readFile(`${out}/metafile-esm.json`, 'utf8'));
  const byEntry = new Map(
    Object.values(meta.outputs).map(({ entryPoint, inputs }) => [entryPoint, Object.keys(inputs)]),
  );
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, byEntry.get(entry) ?? []]));
};

interface Metafile {
  outputs: Record<string, { entryPoint?: string; inputs: Record<string, unknown> }>;
}

if (import.meta.main) {
  const inputs = await bundle(JSON.parse(process.argv[2] ?? ''));
  process.stdout.write(JSON.stringify(inputs));
}
