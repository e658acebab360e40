import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Builder, chooseBuilder } from './builder.ts';
import { deliverImages } from './deliver-images.ts';
import { openFolder } from './testing.ts';
import { createTools, type Tools } from './tools.ts';

// docker's engine, kind and minikube run on few machines: here programs of their names write down how they are called.
let folder: Awaited<ReturnType<typeof openFolder>>;
let tools: Tools;
beforeEach(async () => {
  folder = await openFolder();
  tools = createTools({ env: { PATH: folder.path }, signal: new AbortController().signal });
});
afterEach(() => folder.remove());

const program = (name: string, fails = 'nothing') =>
  folder.write(
    name,
    `#!/bin/sh
[ "$1" = "${fails}" ] && echo "no such luck" >&2 && exit 1
echo "${name} $*" >> '${join(folder.path, 'calls')}'
`,
    0o755,
  );
const calls = async (): Promise<string[]> => {
  const text = await readFile(join(folder.path, 'calls'), 'utf8').catch(() => '');
  return text
    .trim()
    .split('\n')
    .map((line) => line.replaceAll(/\/[^: ]*\/kagari-deploy-\w+\//g, ''));
};
const choose = async (asked?: string): Promise<Builder> => {
  const chosen = await chooseBuilder(tools, '/repo', asked);
  if ('mend' in chosen) throw new Error(`${chosen.what}: ${chosen.mend}`);
  return chosen;
};
const deliver = async (builder: Builder, kind: 'kind' | 'minikube' | 'current', push = false) =>
  deliverImages(tools, [{ name: 'orders', reference: 'dev.local/orders:v1' }], {
    builder,
    target: { kind, cluster: 'lab' },
    push,
    say: () => {},
  });
const built = '-t dev.local/orders:v1 --build-arg FUNCTION=orders -f /repo/Dockerfile /repo';

describe('the builder', () => {
  it('is the first that works: docker without its engine does not', async () => {
    await program('docker', 'info');
    await program('buildah');
    expect((await choose()).name).toBe('buildah');
    await program('podman');
    expect((await choose()).name).toBe('podman');
    await program('docker');
    expect((await choose()).name).toBe('docker');
  });

  it('that is missing, or does not work, is said with the command that mends it', async () => {
    await expect(choose()).rejects.toThrow(
      /nothing here builds images \(docker, podman, buildah\): .+ install /,
    );
    await program('docker', 'info');
    await expect(choose()).rejects.toThrow(
      'docker cannot build: docker info fails: sudo systemctl start docker',
    );
    await program('buildah');
    await expect(choose('docker')).rejects.toThrow('docker cannot build');
    await expect(choose('make images')).rejects.toThrow('make, the first word of --builder, is not on PATH');
  });

  it.each([
    [
      'docker',
      'kind',
      ['docker info', `docker build ${built}`, 'docker save -o image.tar dev.local/orders:v1'],
    ],
    [
      'podman',
      'kind',
      [
        'podman info',
        `podman build --format docker ${built}`,
        'podman save -o image.tar dev.local/orders:v1',
      ],
    ],
    [
      'buildah',
      'minikube',
      [
        'buildah info',
        `buildah build --format docker --layers ${built}`,
        'buildah push dev.local/orders:v1 docker-archive:image.tar:dev.local/orders:v1',
      ],
    ],
  ] as const)('%s builds an archive, and %s loads it', async (name, kind, words) => {
    await Promise.all([program(name), program(kind)]);
    await deliver(await choose(name), kind);
    const load =
      kind === 'kind'
        ? 'kind load image-archive image.tar --name lab'
        : 'minikube image load image.tar -p lab';
    expect(await calls()).toEqual([...words, load]);
  });

  it('pushes what a registry shall have, and says how to log in where that is refused', async () => {
    await program('docker', 'push');
    const builder = await choose('docker');
    await expect(deliver(builder, 'current', true)).rejects.toThrow(
      'dev.local/orders:v1 cannot be pushed (log in with docker login dev.local): no such luck',
    );
    await program('docker');
    await deliver(builder, 'current', true);
    expect((await calls()).at(-1)).toBe('docker push dev.local/orders:v1');
  });

  it('of one’s own is called once an image, and brings it to the cluster itself', async () => {
    await program('lab');
    const builder = await choose('lab image build --squash');
    expect([builder.name, builder.delivers]).toEqual(['lab image build --squash', true]);
    await deliver(builder, 'current');
    expect(await calls()).toEqual([`lab image build --squash ${built}`]);
  });

  it('that fails ends the run with its last words', async () => {
    await program('buildah', 'build');
    await expect(deliver(await choose('buildah'), 'kind')).rejects.toThrow(
      'buildah does not build orders: no such luck',
    );
  });
});

describe('programs', () => {
  it('are found on PATH, or where a path says', async () => {
    const file = await program('lab');
    expect([tools.find('lab'), tools.find(file), tools.find('no-lab'), tools.find(`${file}-no`)]).toEqual([
      file,
      file,
      undefined,
      undefined,
    ]);
  });

  it('get no DATABASE_URL', async () => {
    const env = { PATH: '/usr/bin:/bin', DATABASE_URL: 'postgres://me:mine@db.example/x', KEPT: 'yes' };
    const printed = await createTools({ env, signal: new AbortController().signal }).run('env', []);
    expect(printed).toContain('KEPT=yes');
    expect(printed).not.toContain('DATABASE_URL');
  });

  it('end, with all that they started, when the run is stopped', async () => {
    const ending = new AbortController();
    const file = join(folder.path, 'pids');
    const nested = await folder.write(
      'nested',
      `#!/bin/sh\n/bin/sleep 1000 & echo $! > '${file}'\nwait\n`,
      0o755,
    );
    const { run } = createTools({ env: { PATH: folder.path }, signal: ending.signal });
    const running = run(basename(nested), []);
    let pid = Number.NaN;
    while (Number.isNaN(pid)) pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
    ending.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
    // Nobody may have asked for its exit code yet.
    const state = () => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
    await vi.waitFor(async () => expect(await state()).toContain(') Z'), { timeout: 10_000 });
  });
});
