import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { importImage } from './import-image.ts';
import { createImageStore } from './store.ts';

type Tree = Record<string, { content: string; program: boolean }>;

const newFolder = () => mkdtemp(join(tmpdir(), 'kagari images '));

const plant = async (tree: Tree): Promise<string> => {
  const folder = await newFolder();
  for (const [path, { content, program }] of Object.entries(tree)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
    await chmod(join(folder, path), program ? 0o755 : 0o644);
  }
  return folder;
};

const name = fc.constantFrom('a', 'b', 'c d', 'é');
const file = fc.record({ content: fc.string({ maxLength: 5 }), program: fc.boolean() });
const trees = fc
  .array(fc.tuple(fc.constantFrom('', 'x/', 'x y/z/'), name, file), { maxLength: 5 })
  .map((files): Tree => Object.fromEntries(files.map(([folder, leaf, content]) => [folder + leaf, content])));
const config = { entrypoint: ['node', 'main.mjs'] };
const key = (tree: Tree) => JSON.stringify(Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : 1)));

it('gives two trees the same digest exactly when names, modes and contents are the same', async () => {
  const images = createImageStore(await newFolder());
  await fc.assert(
    fc.asyncProperty(trees, trees, fc.boolean(), async (a, other, same) => {
      const b = same ? a : other;
      const [first, second] = [
        await images.put(await plant(a), config),
        await images.put(await plant(b), config),
      ];
      expect(first === second).toBe(key(a) === key(b));
    }),
    { numRuns: 40 },
  );
});

it('gives another digest for another entrypoint or environment', async () => {
  const images = createImageStore(await newFolder());
  const folder = await plant({});
  const digests = await Promise.all([
    images.put(folder, config),
    images.put(folder, { ...config, entrypoint: ['node', 'other.mjs'] }),
    images.put(folder, { ...config, env: { A: '1' } }),
  ]);
  expect(new Set(digests).size).toBe(3);
});

it('keeps an image as it was put, also when its source and its tag move on', async () => {
  const images = createImageStore(await newFolder());
  const folder = await plant({ 'main.mjs': { content: 'one', program: false } });
  const one = await images.put(folder, config);
  await images.tag('dev.local/orders:dev', one);
  await writeFile(join(folder, 'main.mjs'), 'two');
  const two = await images.put(folder, config);
  await images.tag('dev.local/orders:dev', two);
  expect(await images.resolve('dev.local/orders:dev')).toBe(two);
  expect(await images.resolve(`dev.local/orders@${one}`)).toBe(one);
  const old = await images.open(one);
  expect(await readFile(join(old?.folder ?? '', 'main.mjs'), 'utf8')).toBe('one');
  expect(old?.config).toEqual({ entrypoint: ['node', 'main.mjs'], env: {} });
});

it('knows no image by a tag that was never given, nor by a digest that is no digest', async () => {
  const images = createImageStore(await newFolder());
  const digest = await images.put(await plant({}), config);
  expect(await images.resolve('dev.local/orders:v2')).toBeUndefined();
  expect(await images.resolve(`dev.local/orders@sha256:${'0'.repeat(64)}`)).toBeUndefined();
  expect(await images.open('sha256:../../etc')).toBeUndefined();
  await expect(images.tag('dev.local/orders:v2', 'sha256:none')).rejects.toThrow('no image sha256:none');
  await images.tag('localhost:5000/orders', digest);
  expect(await images.resolve('localhost:5000/orders:latest')).toBe(digest);
  expect(await images.tags()).toEqual([{ reference: 'localhost:5000/orders:latest', digest }]);
});

it('lets many put and tag the same at once', async () => {
  const home = await newFolder();
  const folder = await plant({ a: { content: 'x'.repeat(100_000), program: false } });
  const digests = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const images = createImageStore(home);
      const digest = await images.put(folder, config);
      await images.tag('dev.local/a:dev', digest);
      return digest;
    }),
  );
  expect(new Set(digests).size).toBe(1);
  expect(await createImageStore(home).resolve('dev.local/a:dev')).toBe(digests[0]);
});

it('refuses a link that leads out of the image and leaves no draft', async () => {
  const home = await newFolder();
  const folder = await plant({ a: { content: '', program: false } });
  await symlink('a', join(folder, 'inside'));
  const images = createImageStore(home);
  await images.put(folder, config);
  await symlink('/etc/passwd', join(folder, 'outside'));
  await expect(images.put(folder, config)).rejects.toThrow(
    'outside is a link out of the image (to /etc/passwd)',
  );
  const left = await readdir(join(home, 'images'));
  expect(left.filter((entry) => entry.startsWith('.draft'))).toEqual([]);
});

it('clears away the draft of a put that was killed, and leaves one under way alone', async () => {
  const home = await newFolder();
  for (const draft of ['.draft-old', '.draft-new'])
    await mkdir(join(home, 'images', draft), { recursive: true });
  await utimes(join(home, 'images/.draft-old'), 1, 1);
  await createImageStore(home).put(await plant({}), config);
  const left = await readdir(join(home, 'images'));
  expect(left.filter((entry) => entry.startsWith('.draft'))).toEqual(['.draft-new']);
});

it('imports a program of any kind, and says which entrypoint cannot be started', async () => {
  const home = await newFolder();
  const images = createImageStore(home);
  const folder = await plant({
    server: { content: '#!/bin/sh\n', program: true },
    data: { content: '', program: false },
  });
  const reference = 'dev.local/server:v1';
  const digest = await importImage(images, {
    folder,
    reference,
    entrypoint: ['./server', '--fast'],
    env: { A: '1' },
  });
  expect(await images.resolve(reference)).toBe(digest);
  const refused = (entrypoint: string[]) => importImage(images, { folder, reference, entrypoint });
  await expect(refused(['./data'])).rejects.toThrow('may not be executed: chmod +x it');
  await expect(refused(['./gone'])).rejects.toThrow('names ./gone, which is no file');
  await expect(refused(['../server'])).rejects.toThrow('is no file in');
  await expect(refused(['node', 'main.mjs'])).rejects.toThrow('names main.mjs, which is no file');
  expect(await images.resolve(reference)).toBe(digest);
  await rm(folder, { recursive: true });
});
