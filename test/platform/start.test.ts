import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  freePort,
  newHome,
  type Platform,
  processesWith,
  removeHome,
  spawnStart,
  startPlatform,
  waitUntil,
} from '../support/platform.ts';

const root = join(import.meta.dirname, '../..');
const status = async (url: string) => (await fetch(url)).status;

/** Every process of the platform of this home: pods, Postgres, reaper. */
const processesOf = async (home: string) => {
  const commands = await promisify(execFile)('ps', ['-ww', '-eo', 'pid=,args=']);
  const named = commands.stdout.split('\n').filter((line) => line.includes(home));
  const pods = await processesWith((env) =>
    env.some((line) => line.includes(home) && !line.startsWith('KAGARI_HOME')),
  );
  return [...named, ...pods.map(String)];
};

const runToItsEnd = async (args: string[], env: Record<string, string> = {}) => {
  const child = spawnStart({ args, env });
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk) => (out += chunk));
  child.stderr?.on('data', (chunk) => (err += chunk));
  const [code] = await once(child, 'close');
  return { code, out, err };
};

describe('the running platform', () => {
  let first: Platform;
  let second: Platform;
  beforeAll(async () => {
    [first, second] = await Promise.all([startPlatform(), startPlatform()]);
  }, 90_000);
  afterAll(async () => {
    for (const platform of [first, second]) {
      await platform?.end('SIGKILL');
      if (platform) await removeHome(platform.home);
    }
  });

  it.each(['/', '/api/health', '/auth/info', '/api/time'])('answers %s when it says ready', async (path) => {
    expect(await status(`${first.base}${path}`)).toBe(200);
    expect(await status(`http://127.0.0.1:${first.port}${path}`)).toBe(200);
  });

  it('says ready once, as its own line', () => {
    expect(first.stdout().match(/^ready: http:\/\/localhost:\d+$/gm)).toEqual([`ready: ${first.base}`]);
  });

  it('names the file with the operator’s credentials, which only its owner may read, and not the password', async () => {
    const operator = JSON.parse(await readFile(join(first.home, 'operator.json'), 'utf8'));
    expect(first.stdout()).toContain('operator.json');
    expect(first.stdout() + first.stderr()).not.toContain(operator.password);
    const login = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(operator),
    };
    expect((await fetch(`${first.base}/auth/login`, login)).status).toBe(200);
  });

  it('gives the api function a port of its own, under the same rules', async () => {
    const at = (path: string) => status(`${first.directBase}${path}`);
    expect(await Promise.all(['/health', '/live', '/info', '/time', '/api/time'].map(at))).toEqual(
      Array(5).fill(200),
    );
    expect(await Promise.all(['/_events', '/metrics', '/messages/x'].map(at))).toEqual([404, 404, 404]);
  });

  it.each([
    '/_events',
    '/metrics',
    '/orders/_events',
    '/orders/metrics',
    '/bank/charges',
    '/hello',
    '/payments/reconcile',
  ])('shows nothing internal at %s, whatever the host', async (path) => {
    for (const host of ['localhost', 'orders.kagari.svc.cluster.local', 'orders.kagari.localhost'])
      expect(await status(`${first.base}${path}`), host).toBe(404);
  });

  it('runs the demo to its end', async () => {
    const demo = (args: string[]) =>
      promisify(execFile)(process.execPath, ['scripts/demo.ts', ...args], {
        cwd: root,
        env: { PATH: process.env.PATH, KAGARI_PORT: String(first.port) },
      });
    const [json, words] = await Promise.all([demo(['--json']), demo([])]);
    const { orders, effects, ...more } = JSON.parse(json.stdout);
    expect(more).toEqual({});
    expect(orders.map((order: { kind: string; status: string }) => [order.kind, order.status])).toEqual([
      ['ok', 'paid'],
      ['declined', 'failed'],
      ['late', 'paid'],
      ['duplicate', 'paid'],
      ['silent', 'failed'],
    ]);
    for (const order of orders)
      expect(order).toEqual({
        kind: expect.any(String),
        id: expect.any(String),
        status: expect.any(String),
        ms: expect.any(Number),
      });
    expect(effects).toEqual({ charges: 3, mails: 5 });
    expect(words.stdout).toContain('each effect once');
  }, 60_000);

  it('answers what is in flight at SIGTERM, then is gone within 5 s, exit 0, with all its processes', async () => {
    const body = JSON.stringify({ email: 'late@example.com', password: 'long enough for this' });
    const headers = { 'content-type': 'application/json' };
    const inFlight = fetch(`${second.base}/auth/signup`, { method: 'POST', headers, body });
    await new Promise((resolve) => setTimeout(resolve, 15));
    const { code, ms } = await second.end('SIGTERM');
    expect((await inFlight).status).toBe(201);
    expect({ code, fast: ms < 5000 }).toEqual({ code: 0, fast: true });
    expect(await processesOf(second.home)).toEqual([]);
    expect(await status(`${first.base}/api/time`)).toBe(200);
  });

  it('keeps what it had over a restart, and makes no new revision of what did not change', async () => {
    const again = await startPlatform(second);
    const body = JSON.stringify({ email: 'late@example.com', password: 'long enough for this' });
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${again.base}/auth/login`, { method: 'POST', headers, body })).status).toBe(200);
    const { revision } = (await (await fetch(`${again.base}/auth/info`)).json()) as { revision: string };
    expect(revision).toBe('auth-00001');
    expect((await again.end('SIGINT')).code).toBe(0);
  }, 60_000);

  it('leaves nothing behind after kill -9', async () => {
    await first.end('SIGKILL');
    await waitUntil('all processes to end', 5_000, async () => (await processesOf(first.home)).length === 0);
  });
});

describe('npm start', () => {
  it('ends as asked when npm itself gets SIGTERM', async () => {
    const [home, port] = [await newHome(), await freePort()];
    const child = spawn(
      'npm',
      [
        'start',
        '--',
        '--port',
        String(port),
        '--direct-port',
        '0',
        '--kube-port',
        String(await freePort()),
        '--home',
        home,
      ],
      { cwd: root },
    );
    let out = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    await waitUntil('ready', 60_000, () => out.includes('ready: ') || child.exitCode !== null);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect(await processesOf(home)).toEqual([]);
    await removeHome(home);
  }, 90_000);
});

describe('what cannot start says why in one line', () => {
  const oneLine = /^error: [^\n]+\n$/;

  it('a busy port: which, and how to choose another', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const home = await newHome();
    const { code, err } = await runToItsEnd(['--port', String(port), '--home', home]);
    server.close();
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(oneLine) });
    expect(err).toContain(String(port));
    expect(err).toContain('--port');
  });

  it('a bad option: exit 2', async () => {
    const { code, err } = await runToItsEnd(['--port', 'eighty']);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(oneLine) });
  });

  it('a manifest with errors: file, line, field, what was expected; nothing is applied', async () => {
    const [folder, home] = [await mkdtemp(join(tmpdir(), 'kagari manifests ')), await newHome()];
    const service =
      'apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: shop\nspec:\n  template:\n    spec:\n';
    await writeFile(
      join(folder, 'shop.yaml'),
      `${service}      containers:\n        - imge: dev.local/shop:dev\n`,
    );
    const { code, err } = await runToItsEnd([
      '-f',
      folder,
      '--home',
      home,
      '--port',
      String(await freePort()),
      '--direct-port',
      '0',
    ]);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(oneLine) });
    expect(err).toContain('shop.yaml:9');
    expect(err).toContain('spec.template.spec.containers[0].imge');
    expect(err).toMatch(/image/);
  });

  it('a default service that there is not: it names those that there are', async () => {
    const home = await newHome();
    const args = [
      '--default-service',
      'typo',
      '--home',
      home,
      '--port',
      String(await freePort()),
      '--direct-port',
      '0',
      '--kube-port',
      String(await freePort()),
    ];
    const { code, err } = await runToItsEnd(args);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(oneLine) });
    expect(err).toContain('--default-service typo');
    expect(err).toContain('name one of gateway');
    await removeHome(home);
  }, 60_000);

  it('a database that is not there', async () => {
    const DATABASE_URL = 'postgres://kagari:secret@127.0.0.1:1/kagari';
    const args = [
      '--home',
      await newHome(),
      '--port',
      String(await freePort()),
      '--direct-port',
      '0',
      '--kube-port',
      String(await freePort()),
    ];
    const { code, err } = await runToItsEnd(args, { DATABASE_URL });
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(oneLine) });
    expect(err).toContain('DATABASE_URL');
    expect(err).not.toContain('secret');
  });

  it('a home in use', async () => {
    const platform = await startPlatform();
    const { code, err } = await runToItsEnd([
      '--home',
      platform.home,
      '--port',
      String(await freePort()),
      '--direct-port',
      '0',
    ]);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(oneLine) });
    expect(err).toContain('--home');
    expect(await status(`${platform.base}/api/time`)).toBe(200);
    await platform.end('SIGTERM');
    await removeHome(platform.home);
  }, 90_000);
});
