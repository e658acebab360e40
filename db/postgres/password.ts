import { randomBytes } from 'node:crypto';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The superuser's password, made once and kept beside the data for its owner's eyes only. */
export async function keptPassword(folder: string, dataDir: string): Promise<string> {
  const file = join(folder, 'password');
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (kept) return kept;
  if (await exists(join(dataDir, 'PG_VERSION'))) {
    throw new Error(`the database's password is gone: put ${file} back, or remove ${folder} to begin anew`);
  }
  const made = randomBytes(24).toString('base64url');
  await writeFile(file, made, { mode: 0o600 });
  return made;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
