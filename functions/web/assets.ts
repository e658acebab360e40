import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

export interface Asset {
  body: Uint8Array<ArrayBuffer>;
  contentType: string;
}

export interface Assets {
  /** Of all files together: modules import each other by name, and so belong to one version. */
  version: string;
  find(file: string): Asset | undefined;
  /** The path of a file, for a page. */
  path(file: string): string;
}

const contentTypes: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Reads the files of a folder, all there are. */
export const readAssets = async (folder: string): Promise<Assets> => {
  const names = (await readdir(folder)).sort();
  const bodies = await Promise.all(names.map((name) => readFile(join(folder, name))));
  const hash = createHash('sha256');
  const files = new Map(
    names.map((name, i): [string, Asset] => {
      const contentType = contentTypes[extname(name)];
      const body = bodies[i];
      if (!contentType || !body) throw new Error(`${name}: pages are made of .css, .js and .svg files`);
      hash.update(`${name} ${body.byteLength}\n`).update(body);
      return [name, { body: new Uint8Array(body), contentType }];
    }),
  );
  const version = hash.digest('base64url').slice(0, 12);
  return {
    version,
    find: (file) => files.get(file),
    path(file) {
      if (!files.has(file)) throw new Error(`there is no asset ${file}`);
      return `/assets/${version}/${file}`;
    },
  };
};
