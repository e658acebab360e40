import { mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { type BuildOptions, buildFunctions } from './build.ts';
import { createImageStore, type ImageStore } from './store.ts';

let options: BuildOptions;
let images: ImageStore;
let root: string;
const write = (path: string, text: string) => writeFile(join(root, path), text);
const build = async (more: Partial<BuildOptions> = {}) =>
  Object.fromEntries((await buildFunctions({ ...options, ...more })).map((image) => [image.name, image]));
const read = async (digest: string, file: string) =>
  readFile(join((await images.open(digest))?.folder ?? '', file), 'utf8');

beforeAll(async () => {
  const base = await mkdtemp(join(tmpdir(), 'kagari build '));
  root = join(base, 'repository');
  images = createImageStore(join(base, 'home'));
  for (const name of ['one', 'two', 'gateway', 'kit'])
    await mkdir(join(root, 'functions', name), { recursive: true });
  await symlink(join(import.meta.dirname, '../../../node_modules'), join(root, 'node_modules'));
  await write('package.json', '{"type":"module"}');
  await write('functions/kit/word.ts', `export const word: string = 'first';`);
  await write(
    'functions/one/main.ts',
    `import { word } from '../kit/word.ts'; console.log(word, 'from one');`,
  );
  await write(
    'functions/two/main.ts',
    `import { createRequire } from 'node:module'; console.log(typeof createRequire);`,
  );
  await write('functions/gateway/main.ts', `console.log('gateway');`);
  await write(
    'documents.mjs',
    `import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
     const out = process.argv[process.argv.indexOf('--out') + 1];
     mkdirSync(out, { recursive: true });
     for (const name of ['one', 'two'])
       writeFileSync(out + '/' + name + '.json', JSON.stringify(readFileSync('functions/' + name + '/main.ts', 'utf8')));`,
  );
  options = {
    root,
    home: join(base, 'home'),
    images,
    version: '1.2.3',
    documents: { script: 'documents.mjs', inputs: [], allIn: ['gateway'] },
  };
});

it('builds every function once, then only what changed and who shows its documents', async () => {
  const first = await build();
  expect(Object.keys(first)).toEqual(['gateway', 'one', 'two']);
  expect(Object.values(first).every(({ built }) => built)).toBe(true);
  expect(await images.resolve('dev.local/one:dev')).toBe(first.one?.digest);
  expect((await images.open(first.one?.digest ?? ''))?.config.env).toEqual({ VERSION: '1.2.3' });
  expect(await read(first.one?.digest ?? '', 'openapi.json')).toContain('from one');
  expect(await read(first.gateway?.digest ?? '', 'openapi/two.json')).toContain('typeof createRequire');

  const again = await build();
  expect(Object.values(again).filter(({ built }) => built)).toEqual([]);
  expect(again.two?.digest).toBe(first.two?.digest);

  await utimes(join(root, 'functions/one/main.ts'), new Date(), new Date());
  expect((await build()).one?.built).toBe(false);

  await write('functions/kit/word.ts', `export const word: string = 'other';`);
  const changed = await build();
  expect(changed.one?.digest).not.toBe(first.one?.digest);
  expect(await read(changed.one?.digest ?? '', 'main.mjs')).toContain('other');
  expect(await read(first.one?.digest ?? '', 'main.mjs')).toContain('first');
  expect(changed.two).toEqual({ ...first.two, built: false });

  await write('functions/kit/word.ts', `export const word: string = 'first';`);
  expect((await build()).one?.digest).toBe(first.one?.digest);

  await write('functions/two/main.ts', `console.log('two anew');`);
  const shown = await build();
  expect(await read(shown.gateway?.digest ?? '', 'openapi/two.json')).toContain('two anew');

  await write('functions/two/main.ts', `console.log('two alone');`);
  await build({ functions: ['two'], reference: (name) => `dev.local/${name}:v2` });
  expect(await images.resolve('dev.local/two:dev')).toBe(shown.two?.digest);
  const shownAgain = await build();
  expect(await images.resolve('dev.local/two:v2')).toBe(shownAgain.two?.digest);
  expect(await read(shownAgain.gateway?.digest ?? '', 'openapi/two.json')).toContain('two alone');
  expect((await build({ version: '2.0.0' })).two?.built).toBe(true);
});

it('builds a job with the folders it reads, anew when one of them gets another file', async () => {
  await mkdir(join(root, 'db/steps'), { recursive: true });
  await write('db/run.ts', `console.log('run');`);
  await write('db/steps/1.sql', 'select 1');
  const jobs = [{ name: 'job', entry: 'db/run.ts', folders: ['db/steps'] }];
  const { job } = await build({ jobs });
  expect(await read(job?.digest ?? '', 'main.mjs')).toContain('run');
  expect(await read(job?.digest ?? '', 'steps/1.sql')).toBe('select 1');
  expect((await build({ jobs })).job).toEqual({ ...job, built: false });
  await write('db/steps/2.sql', 'select 2');
  expect(await read((await build({ jobs })).job?.digest ?? '', 'steps/2.sql')).toBe('select 2');
  expect(await build()).not.toHaveProperty('job');
});

it('lays the assets of a function beside its bundle, anew when one changes or goes', async () => {
  await mkdir(join(root, 'functions/one/assets'), { recursive: true });
  await write('functions/one/assets/a.css', 'a {}');
  await write('functions/one/assets/b.css', 'b {}');
  const first = (await build()).one;
  expect(first?.built).toBe(true);
  expect(await read(first?.digest ?? '', 'assets/a.css')).toBe('a {}');
  expect((await build()).one?.built).toBe(false);
  await write('functions/one/assets/a.css', 'a { color: red }');
  expect(await read((await build()).one?.digest ?? '', 'assets/a.css')).toContain('red');
  await rm(join(root, 'functions/one/assets/b.css'));
  await expect(read((await build()).one?.digest ?? '', 'assets/b.css')).rejects.toThrow('ENOENT');
});

it('says what the bundler said, and builds again what failed', async () => {
  await build();
  await write('functions/two/main.ts', `import './missing.ts';`);
  await expect(build()).rejects.toThrow('Could not resolve "./missing.ts"');
  await write('functions/two/main.ts', `console.log('mended');`);
  expect((await build()).two?.built).toBe(true);
});

it('bundles the functions of this repository into modules that stand alone', async () => {
  const repository = join(import.meta.dirname, '../../..');
  const { documents: _, ...plain } = options;
  const built = await buildFunctions({ ...plain, root: repository, functions: ['hello'] });
  const code = await read(built[0]?.digest ?? '', 'main.mjs');
  const imported = [...code.matchAll(/(?:^|;)import[^'"]*from\s*["']([^'"]+)["']/g)].map(([, from]) => from);
  expect(imported.length).toBeGreaterThan(0);
  expect(imported.filter((from) => !from?.startsWith('node:'))).toEqual([]);
});
