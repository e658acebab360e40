import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importImage } from '../images/import-image.ts';
import { createImageStore } from '../images/store.ts';
import { type DataPlane, startDataPlane } from './testing/data-plane.ts';
import { isAlive, until } from './testing/until.ts';

let plane: DataPlane;
beforeAll(async () => {
  plane = await startDataPlane({ path: process.env.PATH ?? '' });
});
afterAll(() => plane.stop());

const json = async (name: string, path: string) => JSON.parse((await plane.call(name, path)).body);
const podOf = (name: string) => plane.revisions.pods().find(({ service }) => service === name);

describe("a pod's surroundings", () => {
  it('are what is stated and nothing of the runtime', async () => {
    process.env.SECRET_OF_THE_RUNTIME = 'leaked';
    await plane.run('env', { env: { GREETING: 'hello', K_SERVICE: 'forged' } });
    const env = await json('env', '/env');
    const pod = podOf('env');
    expect(env).toEqual({
      GREETING: 'hello',
      PORT: String(pod?.port),
      HOST: '127.0.0.1',
      K_SERVICE: 'env',
      K_CONFIGURATION: 'env',
      K_REVISION: 'env-00001',
      HTTP_PROXY: plane.internal,
      NO_PROXY: '127.0.0.1,localhost',
      NODE_USE_ENV_PROXY: '1',
      NODE_COMPILE_CACHE: expect.stringContaining(join(plane.home, 'cache')),
      TMPDIR: join(plane.home, 'pods', pod?.name ?? '', 'tmp'),
    });
  });

  it('are all that a Node pod may read, write and do', async () => {
    await plane.run('cage');
    const { TMPDIR, NODE_COMPILE_CACHE } = await json('cage', '/env');
    const image = (await createImageStore(plane.home).open(await plane.importServer()))?.folder ?? '';
    const ask = (verb: string, path: string) => json('cage', `/${verb}?path=${encodeURIComponent(path)}`);
    expect(await ask('read', join(image, 'image.json'))).toHaveProperty('value');
    expect(await ask('write', join(TMPDIR, 'a'))).toEqual({});
    expect(await ask('read', join(TMPDIR, 'a'))).toEqual({ value: 'x' });
    expect(await ask('write', join(NODE_COMPILE_CACHE, 'a'))).toEqual({});
    const denied = { code: 'ERR_ACCESS_DENIED' };
    expect(await ask('read', '/etc/passwd')).toEqual(denied);
    expect(await ask('list', plane.home)).toEqual(denied);
    expect(await ask('list', join(plane.home, 'pods'))).toEqual(denied);
    expect(await ask('write', join(image, 'a'))).toEqual(denied);
    expect(await json('cage', '/spawn')).toEqual(denied);
  });

  it('are the same where its home is reached by a link', async () => {
    const real = await mkdtemp(join(tmpdir(), 'kagari real '));
    const link = join(await mkdtemp(join(tmpdir(), 'kagari link ')), 'home');
    await symlink(real, link);
    const linked = await startDataPlane({ home: link });
    await linked.run('linked', { env: { KEY: '/keys' } });
    linked.contexts.set('test/linked-00001', {
      env: { KEY: '/keys/a' },
      volumes: [{ mountPath: '/keys', files: { a: 'x' } }],
    });
    const { KEY, TMPDIR } = JSON.parse((await linked.call('linked', '/env')).body);
    const ask = async (path: string) => JSON.parse((await linked.call('linked', path)).body);
    expect(await ask(`/read?path=${encodeURIComponent(KEY)}`)).toEqual({ value: 'x' });
    expect(await ask(`/write?path=${encodeURIComponent(join(TMPDIR, 'a'))}`)).toEqual({});
    await linked.stop();
  });

  it('have a compile cache that is used', async () => {
    const key = await plane.run('cache');
    const { NODE_COMPILE_CACHE } = await json('cache', '/env');
    await plane.revisions.kill(podOf('cache')?.name ?? '');
    const kept = async () => (await readdir(NODE_COMPILE_CACHE, { recursive: true })).length > 0;
    await until('the cache has been written', kept);
    await plane.revisions.remove(key);
  });

  it('hold its volumes as files of its own, which follow their objects', async () => {
    const key = await plane.run('volumes');
    const volume = (files: Record<string, string>) => ({ mountPath: '/etc/kagari/keys/', files });
    const env = {
      KEY_FILE: '/etc/kagari/keys/a.jwk',
      FOLDER: '/etc/kagari/keys',
      OTHER: '/etc/kagari/keys2',
    };
    plane.contexts.set(key, { env, volumes: [volume({ 'a.jwk': 'one', old: 'x' })] });
    const { KEY_FILE, FOLDER, OTHER } = await json('volumes', '/env');
    expect(OTHER).toBe('/etc/kagari/keys2');
    expect(KEY_FILE).toBe(join(FOLDER, 'a.jwk'));
    const read = () => json('volumes', `/read?path=${encodeURIComponent(KEY_FILE)}`);
    expect(await read()).toEqual({ value: 'one' });
    expect((await stat(KEY_FILE)).mode & 0o777).toBe(0o600);
    expect((await stat(FOLDER)).mode & 0o777).toBe(0o700);
    plane.contexts.set(key, { env, volumes: [volume({ 'a.jwk': 'two', new: 'y' })] });
    await plane.revisions.refreshVolumes(key);
    expect(await read()).toEqual({ value: 'two' });
    expect((await readdir(FOLDER)).sort()).toEqual(['a.jwk', 'new']);
  });

  it('go with it', async () => {
    const key = await plane.run('gone');
    await plane.call('gone', '/');
    const { name = '', pid = 0 } = podOf('gone') ?? {};
    await plane.revisions.remove(key);
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(join(plane.home, 'pods', name))).toBe(false);
    expect(existsSync(join(plane.home, 'logs', `${key}.log`))).toBe(false);
  });
});

it('runs a program of any language, by its own PATH', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kagari sh '));
  const script = `#!/bin/sh
echo "from sh, PATH is $PATH"
exec python3 -c '
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(("python " + os.environ["K_SERVICE"]).encode())
    def log_message(self, *args): pass
http.server.HTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()'`;
  await writeFile(join(folder, 'start'), script);
  await chmod(join(folder, 'start'), 0o755);
  const images = createImageStore(plane.home);
  const reference = 'dev.local/python:dev';
  const imageDigest = await importImage(images, { folder, reference, entrypoint: ['./start'] });
  await plane.run('python', { imageDigest });
  expect((await plane.call('python', '/')).body).toBe('python python');
  const log = plane.revisions.logs(podOf('python')?.name ?? '');
  expect(log?.lines().map(({ text }) => text)).toEqual([`from sh, PATH is ${process.env.PATH}`]);
});

describe('what a pod writes', () => {
  it('is kept by line and stream, offered as it comes, and put down in a file', async () => {
    const key = await plane.run('say');
    await plane.call('say', '/');
    const name = podOf('say')?.name ?? '';
    const heard: string[] = [];
    const stop = plane.revisions.logs(name)?.follow(({ text }) => heard.push(text));
    await plane.call('say', `/say?text=${encodeURIComponent('one\ntwo')}`);
    await until('both lines are heard', () => heard.length === 2);
    stop?.();
    expect(heard).toEqual(['one', 'two']);
    expect(plane.revisions.logs(name)?.lines()).toMatchObject([
      { stream: 'stdout', text: 'one' },
      { stream: 'stdout', text: 'two' },
    ]);
    const file = join(plane.home, 'logs', `${key}.log`);
    const lines = await until('the file has them', async () => {
      const text = await readFile(file, 'utf8').catch(() => '');
      return text.includes('two\n') && text.split('\n');
    });
    expect(lines[0]).toMatch(new RegExp(`^\\d{4}-.*Z ${name} stdout one$`));
  });
});

describe('a pod that cannot start', () => {
  it.each([
    [
      'says its exit code and last words',
      { env: { START_EXIT: '3', START_SAY: 'no database' } },
      { reason: 'ExitCode3', message: 'Container failed with: no database', exitCode: 3 },
    ],
    [
      'says that it wrote nothing',
      { env: { START_EXIT: '4' } },
      { reason: 'ExitCode4', message: 'Container ended with exit code 4 and wrote nothing', exitCode: 4 },
    ],
    [
      'says that its program is not there',
      { command: ['./missing'] },
      { reason: 'StartError', message: expect.stringMatching(/exec: ".*\/missing": not found/) },
    ],
    [
      'says that its image is not there',
      { imageDigest: `sha256:${'0'.repeat(64)}` },
      { reason: 'ErrImagePull', message: expect.stringContaining('sha256:000') },
    ],
  ])('%s', async (title, spec, failure) => {
    const key = await plane.run(title.replaceAll(' ', '-'), spec, { proven: false });
    await plane.state(key, (state) => state.failure !== undefined);
    expect(plane.states.get(key)).toMatchObject({ proven: false, ready: 0, failure });
    await plane.revisions.remove(key);
  });

  it('says why it got no configuration, and starts by itself when that is there', async () => {
    const key = await plane.run('secret', {}, { proven: false });
    let missing = true;
    const { get } = plane.contexts;
    plane.contexts.get = (asked) => {
      if (asked === key && missing) throw new Error('secret "orders-db" not found');
      return get.call(plane.contexts, asked);
    };
    await plane.state(key, ({ failure }) => failure?.reason === 'CreateContainerConfigError');
    expect(plane.states.get(key)?.failure?.message).toBe('secret "orders-db" not found');
    missing = false;
    await plane.revisions.refreshVolumes(key);
    await plane.state(key, ({ proven, failure }) => proven && failure === undefined);
    plane.contexts.get = get;
    await plane.revisions.remove(key);
  });

  it('is killed at its deadline', async () => {
    const slow = await startDataPlane({ startDeadlineMs: 300 });
    const key = await slow.run('slow', { env: { START_DELAY: '600000' } }, { proven: false });
    await slow.state(key, ({ failure }) => failure?.reason === 'ProgressDeadlineExceeded');
    await slow.stop();
  });

  it('is given up where it never was proven', async () => {
    const strict = await startDataPlane({ progressDeadlineMs: 300 });
    const key = await strict.run('hopeless', { env: { START_EXIT: '1' } }, { proven: false });
    await strict.state(key, ({ desired, failure }) => desired === 0 && failure?.reason === 'ExitCode1');
    await strict.stop();
  });
});

it('starts on another port where somebody took its port', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kagari ports '));
  // The first start finds its port taken: it takes it itself, and says what Node would.
  await writeFile(
    join(folder, 'main.mjs'),
    `import { createServer } from 'node:http';
     import { existsSync, writeFileSync } from 'node:fs';
     const mark = process.env.NODE_COMPILE_CACHE + '/tried';
     const tried = existsSync(mark);
     writeFileSync(mark, '');
     if (!tried) { console.error('Error: listen EADDRINUSE: address already in use'); process.exit(1); }
     createServer((_, res) => res.end(process.env.PORT)).listen(process.env.PORT, process.env.HOST);`,
  );
  const images = createImageStore(plane.home);
  const imageDigest = await importImage(images, {
    folder,
    reference: 'dev.local/ports:dev',
    entrypoint: ['node', 'main.mjs'],
  });
  const key = await plane.run('ports', { imageDigest });
  expect((await plane.call('ports', '/')).body).toBe(String(podOf('ports')?.port));
  expect(plane.states.get(key)?.failure).toBeUndefined();
  expect(podOf('ports')?.restarts).toBe(0);
});

it('gives no port on which somebody listens', async () => {
  const { createPorts } = await import('./pods/ports.ts');
  const ports = createPorts();
  const first = await ports.take();
  const stranger = createServer().listen(first + 1, '127.0.0.1');
  const next = await Promise.all([ports.take(), ports.take()]);
  expect(next).not.toContain(first + 1);
  expect(new Set([first, ...next]).size).toBe(3);
  const other = createPorts();
  expect(Math.floor((await other.take()) / 100)).not.toBe(Math.floor(first / 100));
  stranger.close();
  ports.close();
  other.close();
});
