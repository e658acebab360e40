import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';

/**
 * `sha256:…` over names, modes and contents of a folder's files. Of a mode only whether it is executable counts, so that
 * nobody's umask changes a digest. Throws on what an image cannot hold: links that lead out, sockets, devices.
 */
export const digestOf = async (folder: string): Promise<string> => {
  const sum = createHash('sha256');
  for (const path of await filesOf(folder)) {
    const { kind, content } = await describe(folder, path);
    sum.update(`${kind} ${path}\0${createHash('sha256').update(content).digest('hex')}\n`);
  }
  return `sha256:${sum.digest('hex')}`;
};

const filesOf = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
};

const describe = async (folder: string, path: string) => {
  const absolute = join(folder, path);
  const stat = await lstat(absolute);
  if (stat.isSymbolicLink()) {
    const target = await readlink(absolute);
    if (!resolve(absolute, '..', target).startsWith(resolve(folder) + sep))
      throw new Error(
        `${path} is a link out of the image (to ${target}): copy what it needs into the folder`,
      );
    return { kind: 'link', content: target };
  }
  if (!stat.isFile()) throw new Error(`${path} is neither a file nor a link: an image cannot hold it`);
  return { kind: stat.mode & 0o111 ? 'program' : 'file', content: await readFile(absolute) };
};
