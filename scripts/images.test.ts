import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createImageStore } from '../knative/local/images/store.ts';
import { createKube, type Kube } from '../test/acceptance/support/kube.ts';
import { readAccess } from '../test/acceptance/support/kubeconfig.ts';
import { service, serviceSpec } from '../test/acceptance/support/objects.ts';
import { newHome, type Platform, removeHome, startPlatform, waitUntil } from '../test/support/platform.ts';

const root = join(import.meta.dirname, '..');

/** The command by itself, as a user runs it. */
const kagari = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const env = { PATH: process.env.PATH };
    execFile(process.execPath, ['scripts/kagari.js', ...args], { cwd: root, env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });

describe('images by the command line', () => {
  let home: string;
  let platform: Platform;
  let kube: Kube;
  let program: string;
  const digests: string[] = [];
  const reference = 'dev.local/shop:v1';

  /** Another image under the same reference: a program of any language, which says what it is. */
  const importShop = async (says: string): Promise<string> => {
    await writeFile(
      join(program, 'server'),
      `#!/bin/sh
exec "$RUN" -e "
  const { PORT, HOST, GREETING } = process.env;
  require('node:http').createServer((_, answer) => answer.end('${says} ' + GREETING)).listen(PORT, HOST)"
`,
    );
    await chmod(join(program, 'server'), 0o755);
    const line = ['--env', `RUN=${process.execPath}`, '--env', 'GREETING=good day'];
    const { out, err } = await kagari(
      ...['image', 'import', program, '--entrypoint', './server', '-t', reference, '--home', home],
      ...line,
    );
    const [, digest = ''] = /^dev\.local\/shop:v1 (sha256:[0-9a-f]{64})\n$/.exec(out) ?? [];
    expect(err).toBe('');
    digests.push(digest);
    return digest;
  };
  const shop = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = { host: 'shop.kagari.localhost' };
      get({ host: '127.0.0.1', port: platform.port, headers }, async (answer) =>
        resolve(await text(answer)),
      ).on('error', reject);
    });
  const prune = async (...args: string[]) => {
    const { out, err, code } = await kagari('prune', '--home', home, ...args);
    const found = [...out.matchAll(/^sha256:[0-9a-f]{64}/gm)].map(([digest]) => digest);
    return { found, out, err, code };
  };
  const stored = async (digest: string) => (await createImageStore(home).open(digest)) !== undefined;
  const start = async () => {
    platform = await startPlatform({ home, directPort: 0 });
    kube = createKube(await readAccess(platform.kubeconfig), 'kagari');
  };

  beforeAll(async () => {
    home = await newHome();
    program = await mkdtemp(join(tmpdir(), 'kagari shop '));
    await start();
  }, 90_000);
  afterAll(async () => {
    kube?.close();
    await platform?.end('SIGTERM');
    await removeHome(home);
    await rm(program, { recursive: true, force: true });
  });

  it('builds one function under a tag, from which a Service gets a revision', async () => {
    const { out, err } = await kagari('build', 'orders', '-t', 'v2', '--home', home);
    expect(err).toBe('');
    const [, digest] = /^dev\.local\/orders:v2 (sha256:[0-9a-f]{64})\n$/.exec(out) ?? [];
    const { spec } = await kube.get('ksvc', 'orders');
    const [container] = spec.template.spec.containers;
    const containers = [{ ...container, image: 'dev.local/orders:v2' }];
    await kube.patch('ksvc', 'orders', { spec: { template: { spec: { containers } } } });
    const { status } = await kube.ready('ksvc', 'orders');
    expect(status.latestReadyRevisionName).toBe('orders-00002');
    const revision = await kube.get('revision', 'orders-00002');
    expect(revision.status.containerStatuses[0].imageDigest).toBe(`dev.local/orders@${digest}`);
    expect((await fetch(`${platform.base}/orders/health`)).status).toBe(200);
  });

  it('says which functions there are', async () => {
    const { code, err, out } = await kagari('build', 'oders', '--home', home);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^error: there is no function oders: there are .*\bauth, .*\borders, .*\bworker\n$/);
  });

  it('takes in a program of any language, which answers as a Service', async () => {
    await importShop('first');
    await kube.create('ksvc', service('shop', { image: reference }));
    await kube.ready('ksvc', 'shop');
    expect(await shop()).toBe('first good day');
    const { out } = await kagari('image', 'list', '--home', home);
    expect(out).toMatch(new RegExp(`^${reference} +${digests[0]} +\\d+ kB$`, 'm'));
  });

  it('keeps what a Revision of the running platform names, and removes what nobody does', async () => {
    const second = await importShop('second');
    const third = await importShop('third');
    expect((await prune('--dry-run')).found).toEqual([second]);
    expect(await stored(second)).toBe(true);
    expect(await prune()).toMatchObject({ found: [second], code: 0, err: '' });
    expect(await stored(second)).toBe(false);
    expect(await stored(digests[0] ?? '')).toBe(true);
    for (const { metadata } of await kube.pods('shop')) await kube.remove('pod', metadata.name);
    await waitUntil('the first one answers again', 20_000, async () => (await shop()) === 'first good day');

    await kube.patch('ksvc', 'shop', { spec: serviceSpec({ image: reference, env: { GREETING: 'hello' } }) });
    await kube.ready('ksvc', 'shop');
    await waitUntil('the third one answers', 20_000, async () => (await shop()) === 'third hello');
    expect((await prune()).found).toEqual([]);
    expect(await stored(third)).toBe(true);
  });

  it('waits for a Revision that does not know its image yet, and keeps one that names an image by digest', async () => {
    const fourth = await importShop('fourth');
    await importShop('fifth');
    await kube.create('ksvc', service('pinned', { image: `dev.local/shop@${fourth}` }));
    await kube.create('ksvc', service('missing', { image: 'dev.local/missing:v1' }));
    expect(await prune()).toMatchObject({ found: [], code: 0 });
    await kube.ready('ksvc', 'pinned');
    await kube.remove('ksvc', 'missing');
    await kube.remove('ksvc', 'pinned');
    await waitUntil('no pod has the image', 20_000, async () => (await kube.pods('pinned')).length === 0);
    expect((await prune()).found).toEqual([fourth]);
  });

  it('refuses where the platform runs and cannot be asked', async () => {
    await importShop('sixth');
    await rm(platform.kubeconfig);
    const { code, out, err } = await prune();
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^error: nothing was removed: .* in use by process \d+[^\n]*\n$/);
    expect(await stored(digests.at(-2) ?? '')).toBe(true);
  });

  it('asks the database when the platform is down, and the platform starts with what it named', async () => {
    kube.close();
    await platform.end('SIGKILL');
    const fifth = digests.at(-2) ?? '';
    expect(await prune()).toMatchObject({ found: [fifth], code: 0, err: '' });
    await start();
    expect(await shop()).toBe('third hello');
  });

  it('refuses where the home was started with a database that it is not told of', async () => {
    const file = join(home, 'databases.json');
    const other = 'postgres://database.example.com:5432/kagari';
    const known = JSON.parse(await readFile(file, 'utf8'));
    expect(Object.keys(known)).toEqual(['embedded']);
    await writeFile(file, JSON.stringify({ ...known, [other]: 'another mark' }));
    const seventh = await importShop('seventh');
    await importShop('eighth');
    const { code, err } = await prune();
    expect(code).toBe(1);
    expect(err).toContain(`started with the database ${other}, too`);
    expect(err).toContain('set DATABASE_URL to it');
    expect(await stored(seventh)).toBe(true);
    await writeFile(file, JSON.stringify(known));
    expect((await prune()).found).toContain(seventh);
  });
});
