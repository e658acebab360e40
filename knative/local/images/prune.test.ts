import { mkdir, mkdtemp, readdir, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cacheFolder } from './layout.ts';
import { pruneImages, storedImages } from './prune.ts';
import { createImageStore } from './store.ts';

const newFolder = () => mkdtemp(join(tmpdir(), 'kagari prune '));
const config = { entrypoint: ['node', 'main.mjs'] };

const withImages = async (...contents: string[]) => {
  const home = await newFolder();
  const images = createImageStore(home);
  const digests: string[] = [];
  for (const content of contents) {
    const folder = await newFolder();
    await writeFile(join(folder, 'main.mjs'), content);
    digests.push(await images.put(folder, config));
  }
  const stored = async () => (await storedImages(home)).map(({ digest }) => digest);
  return { home, images, digests: digests as [string, string, string], stored };
};

it('removes what neither a tag nor a Revision names, its compile cache, too, and nothing else', async () => {
  const { home, images, digests, stored } = await withImages('tagged', 'used', 'neither');
  const [tagged, used, neither] = digests;
  await images.tag('dev.local/a:dev', tagged);
  for (const digest of digests) await mkdir(cacheFolder(home, digest), { recursive: true });
  const prune = (dryRun: boolean) => pruneImages({ home, used: async () => [used], dryRun });

  expect(await prune(true)).toEqual([{ digest: neither, bytes: expect.any(Number) }]);
  expect(await stored()).toEqual([...digests].sort());
  expect((await prune(false)).map(({ digest }) => digest)).toEqual([neither]);
  expect(await stored()).toEqual([tagged, used].sort());
  expect((await readdir(join(home, 'cache'))).length).toBe(2);
  expect(await prune(false)).toEqual([]);
});

it('is seen at once by a process that had the image open', async () => {
  const { home, images, digests } = await withImages('one');
  expect(await images.resolve(`dev.local/a@${digests[0]}`)).toBe(digests[0]);
  await pruneImages({ home, used: async () => [] });
  expect(await images.resolve(`dev.local/a@${digests[0]}`)).toBeUndefined();
  await expect(images.tag('dev.local/a:dev', digests[0])).rejects.toThrow('there is no image');
  expect(await images.tags()).toEqual([]);
});

it('brings back what has come to be named when it is put aside', async () => {
  const { home, digests, stored } = await withImages('one', 'two');
  let asked = 0;
  const removed = await pruneImages({ home, used: async () => (asked++ === 0 ? [] : [digests[0]]) });
  expect(removed.map(({ digest }) => digest)).toEqual([digests[1]]);
  expect(await stored()).toEqual([digests[0]]);
});

it('brings everything back when it can no longer know', async () => {
  const { home, digests, stored } = await withImages('one', 'two');
  let asked = 0;
  const used = async () => {
    if (asked++ > 0) throw new Error('the platform went away');
    return [];
  };
  await expect(pruneImages({ home, used })).rejects.toThrow('the platform went away');
  expect(await stored()).toEqual([...digests].sort());
});

it('finishes a prune that was killed: what is named comes back, the rest goes', async () => {
  const { home, digests, stored } = await withImages('one', 'two');
  for (const digest of digests) {
    const name = digest.replace(':', '-');
    await rename(join(home, 'images', name), join(home, 'images', `.aside-${name}`));
  }
  expect(await stored()).toEqual([]);
  expect((await pruneImages({ home, used: async () => [digests[0]] })).length).toBe(1);
  expect(await stored()).toEqual([digests[0]]);
  const left = (await readdir(join(home, 'images'))).filter((name) => name !== 'package.json');
  expect(left).toHaveLength(1);
});

it('lets two prunes and a put of the same run at once: what is named stands in the end', async () => {
  const { home, images, digests } = await withImages('one', 'two', 'three');
  await images.tag('dev.local/a:dev', digests[0]);
  const again = await newFolder();
  await writeFile(join(again, 'main.mjs'), 'two');
  const used = async () => [digests[2]];
  const putAndTag = async () => {
    const digest = await images.put(again, config);
    await images.tag('dev.local/b:dev', digest);
    return true;
  };
  const outcomes = await Promise.allSettled([
    pruneImages({ home, used }),
    pruneImages({ home, used }),
    putAndTag(),
  ]);
  expect(await images.open(digests[0])).toBeDefined();
  expect(await images.open(digests[2])).toBeDefined();
  const [, , put] = outcomes;
  if (put.status === 'fulfilled') expect(await images.resolve('dev.local/b:dev')).toBe(digests[1]);
  else expect(String(put.reason)).toMatch(/there is no image|pruned while it was made/);
});
