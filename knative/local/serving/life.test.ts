import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Log } from '../store/types.ts';
import { endLeftovers, noteProcess } from './pods/leftovers.ts';
import { accepts } from './pods/readiness.ts';
import { createReaper } from './pods/reaper.ts';
import { restartDelay } from './pods/restart-delay.ts';
import { type DataPlane, startDataPlane } from './testing/data-plane.ts';
import { isAlive, until } from './testing/until.ts';

const silent: Log = { info() {}, warn() {}, error() {}, debug() {} };
let plane: DataPlane;
beforeAll(async () => {
  plane = await startDataPlane();
});
afterAll(() => plane.stop());

const podOf = (name: string) => plane.revisions.pods().find(({ service }) => service === name);

describe('a pod that crashes', () => {
  it('is started again by itself, at once after the first time', async () => {
    const key = await plane.run('crash', {}, { proven: false });
    await plane.state(key, ({ ready }) => ready === 1);
    const first = podOf('crash');
    process.kill(first?.pid ?? 0, 'SIGKILL');
    await plane.state(key, ({ ready, failure }) => ready === 0 && failure?.reason === 'ExitCode137');
    await plane.state(key, ({ ready, failure }) => ready === 1 && failure === undefined);
    expect(podOf('crash')).toMatchObject({ name: first?.name, restarts: 1 });
    expect(podOf('crash')?.pid).not.toBe(first?.pid);
  });

  it('takes what it started with it', async () => {
    const key = await plane.run('family', {
      command: ['/bin/sh', '-c', 'sleep 1000 & echo $!; exec node main.mjs'],
    });
    plane.contexts.set(key, { env: { PATH: join(process.execPath, '..') }, volumes: [] });
    await plane.call('family', '/');
    const child = Number(plane.revisions.logs(podOf('family')?.name ?? '')?.lines()[0]?.text);
    expect(isAlive(child)).toBe(true);
    process.kill(podOf('family')?.pid ?? 0, 'SIGKILL');
    await until('the child is gone', () => !isAlive(child));
    await plane.revisions.remove(key);
  });

  it('waits longer each time, up to five minutes; a request that waits has it started within about a second', async () => {
    expect([1, 2, 3, 4, 7, 50].map(restartDelay)).toEqual([0, 10_000, 20_000, 40_000, 300_000, 300_000]);
    const key = await plane.run('loop', {}, { proven: false });
    for (const restarts of [1, 2]) {
      await plane.state(key, ({ ready }) => ready === 1);
      process.kill(podOf('loop')?.pid ?? 0, 'SIGKILL');
      await until('it is counted', () => podOf('loop')?.restarts === restarts);
    }
    expect(podOf('loop')?.pid).toBeUndefined();
    const began = performance.now();
    expect((await plane.call('loop', '/')).status).toBe(200);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

it('replaces a pod that is killed, and ends it after what it has in hand', async () => {
  const key = await plane.run('heal', { env: { ABRUPT: '1' } }, { proven: false });
  await plane.state(key, ({ ready }) => ready === 1);
  const first = podOf('heal');
  const slow = plane.call('heal', '/slow?ms=400');
  await until('it is in hand', async () => (await plane.call('heal', '/most')).body === '2');
  const killed = plane.revisions.kill(first?.name ?? '');
  expect(plane.revisions.pods().find(({ name }) => name === first?.name)?.phase).toBe('Terminating');
  expect((await plane.call('heal', '/')).body).not.toBe(String(first?.pid));
  expect((await slow).body).toBe(String(first?.pid));
  expect(await killed).toBe(true);
  expect(isAlive(first?.pid ?? 0)).toBe(false);
  expect(await plane.revisions.kill(first?.name ?? '')).toBe(false);
});

it('kills a pod that does not hear SIGTERM when its grace is over', async () => {
  const stubborn = await startDataPlane();
  const key = await stubborn.run('stubborn', { env: { IGNORE_SIGTERM: '1' } }, { proven: false });
  await stubborn.state(key, ({ ready }) => ready === 1);
  const pid = stubborn.revisions.pods()[0]?.pid ?? 0;
  await stubborn.stop();
  expect(isAlive(pid)).toBe(false);
});

it('asks a pod that refuses connections whether it is ready, and waits until it is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kagari deaf '));
  await writeFile(
    join(folder, 'main.mjs'),
    `import { createServer } from 'node:http';
     const { PORT, HOST } = process.env;
     const listen = () => {
       const server = createServer((req, res) => {
         res.writeHead(200, { connection: 'close' }).end('heard');
         if (req.url === '/deaf') res.on('close', () => server.close(() => setTimeout(listen, 1000)));
       }).listen(PORT, HOST);
     };
     listen();`,
  );
  const { importImage } = await import('../images/import-image.ts');
  const { createImageStore } = await import('../images/store.ts');
  const imageDigest = await importImage(createImageStore(plane.home), {
    folder,
    reference: 'dev.local/deaf:dev',
    entrypoint: ['node', 'main.mjs'],
  });
  await plane.run('deaf', { imageDigest });
  expect((await plane.call('deaf', '/deaf')).body).toBe('heard');
  const { port = 0 } = podOf('deaf') ?? {};
  await until('nobody listens', async () => !(await accepts(port)));
  expect((await plane.call('deaf', '/', { method: 'POST', body: 'x' })).body).toBe('heard');
  expect(podOf('deaf')?.restarts).toBe(0);
});

describe('no pod outlives the runtime', () => {
  const host = async (): Promise<{
    process: ReturnType<typeof spawn>;
    said: Record<string, number>;
    home: string;
  }> => {
    const home = join(await mkdtemp(join(tmpdir(), 'kagari host ')), '.kagari');
    const child = spawn(process.execPath, [join(import.meta.dirname, 'testing/host.ts'), home], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    return { process: child, said: JSON.parse(line), home };
  };

  it('that is killed with -9', async () => {
    const { process: runtime, said } = await host();
    expect(isAlive(said.pod ?? 0)).toBe(true);
    runtime.kill('SIGKILL');
    await until('pod and reaper are gone', () => !isAlive(said.pod ?? 0) && !isAlive(said.reaper ?? 0));
  });

  it('that is killed after its reaper was, which had a successor', async () => {
    const { process: runtime, said } = await host();
    process.kill(said.reaper ?? 0, 'SIGKILL');
    const [line] = (await once(createInterface(runtime.stdout!), 'line')) as [string];
    const { reaper } = JSON.parse(line);
    expect(reaper).not.toBe(said.reaper);
    runtime.kill('SIGKILL');
    await until('pod and reaper are gone', () => !isAlive(said.pod ?? 0) && !isAlive(reaper));
  });

  it('that is killed together with its reaper: the next start ends what is left', async () => {
    const { process: runtime, said, home } = await host();
    process.kill(said.reaper ?? 0, 'SIGSTOP');
    runtime.kill('SIGKILL');
    await once(runtime, 'exit');
    process.kill(said.reaper ?? 0, 'SIGKILL');
    await until('the reaper is gone', () => !isAlive(said.reaper ?? 0));
    expect(isAlive(said.pod ?? 0)).toBe(true);
    const next = await startDataPlane({ home });
    await until('the pod is gone', () => !isAlive(said.pod ?? 0));
    expect(await readdir(join(home, 'pods'))).toEqual([]);
    await next.stop();
  });

  it.runIf(process.platform === 'linux')(
    'that is killed before it noted the process: the next start ends it',
    async () => {
      const folder = join(await realpath(await mkdtemp(join(tmpdir(), 'kagari pods '))), 'pods');
      const tmp = join(folder, 'orders-00001-deployment-1', 'tmp');
      await mkdir(tmp, { recursive: true });
      const start = (TMPDIR: string) => spawn('sleep', ['1000'], { detached: true, env: { TMPDIR } });
      const [left, stranger] = [start(tmp), start(`${folder}-of-another/pod/tmp`)];
      await endLeftovers(folder, silent);
      await until('it is gone', () => !isAlive(left.pid!));
      expect(isAlive(stranger.pid!)).toBe(true);
      expect(await readdir(folder)).toEqual([]);
      stranger.kill('SIGKILL');
    },
  );

  it('but a stranger that got its pid lives', async () => {
    const stranger = spawn('sleep', ['1000'], { detached: true });
    const folder = join(await mkdtemp(join(tmpdir(), 'kagari pods ')), 'pods');
    const pod = join(folder, 'orders-00001-deployment-1');
    await mkdir(pod, { recursive: true });
    await noteProcess(pod, stranger.pid!);
    await writeFile(join(pod, 'process.json'), JSON.stringify({ pid: stranger.pid, started: '1' }));
    await endLeftovers(folder, silent);
    expect(await readdir(folder)).toEqual([]);
    expect(isAlive(stranger.pid!)).toBe(true);
    stranger.kill('SIGKILL');
  });
});

describe('the reaper', () => {
  it('leaves alone what was taken back, and everything at a proper end', async () => {
    const reaper = createReaper(silent);
    const [kept, other] = [
      spawn('sleep', ['1000'], { detached: true }),
      spawn('sleep', ['1000'], { detached: true }),
    ];
    const release = reaper.register(kept.pid!, { group: true, signal: 'SIGKILL' });
    reaper.register(other.pid!, { group: false, signal: 'SIGINT' });
    release();
    await reaper.close();
    expect([isAlive(kept.pid!), isAlive(other.pid!)]).toEqual([true, true]);
    kept.kill('SIGKILL');
    other.kill('SIGKILL');
  });

  it('would never end the whole machine', () => {
    const reaper = createReaper(silent);
    for (const pid of [0, 1, -1, 1.5, Number.NaN])
      expect(() => reaper.register(pid, { group: true, signal: 'SIGKILL' })).toThrow('no process to end');
    return reaper.close();
  });
});
