import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readReport } from '../../scripts/release/report.ts';
import { startRegistry } from '../../scripts/release/testing.ts';
import { findTool, unless } from '../acceptance/support/tools.ts';
import { newHome, type Platform, removeHome, startPlatform, waitUntil } from '../support/platform.ts';

// The pipeline's scripts as deploy.yml calls them, with kubectl, on a running platform; only the registry is none.
const kubectl = findTool('', 'kubectl');
const root = join(import.meta.dirname, '../..');
const program = join(root, 'test/rollout/support/shop');
const variants = { good: {}, better: { VARIANT: 'better' }, crashing: { CRASH: 'no such table: orders' } };
type Variant = keyof typeof variants;
const quick = ['--interval', '2s', '--steps', '50'];

describe.skipIf(!kubectl)(`a release${unless(kubectl, 'PATH')}`, () => {
  const digests = new Map<string, string>();
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  let platform: Platform;
  let home: string;
  let report: string;

  const begin = (file: string, ...args: string[]) => {
    const env = { PATH: process.env.PATH, HOME: home, KUBECONFIG: join(home, 'kubeconfig') };
    const child = spawn(process.execPath, [file, ...args], { cwd: root, env });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => (output.stdout += chunk));
    child.stderr.on('data', (chunk) => (output.stderr += chunk));
    const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
      child.on('close', (code) => resolve({ code, ...output })),
    );
    return { child, output, ended };
  };
  const kagari = (...args: string[]) => begin('scripts/kagari.js', ...args, '--home', home).ended;

  /** An image of a function at a tag, in the platform's store and in the registry. */
  const publish = async (name: string, tag: string, variant: Variant) => {
    const image = `${registry.host}/shop/${name}:${tag}`;
    const env = Object.entries(variants[variant]).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    const said = await kagari(
      'image',
      'import',
      program,
      '--entrypoint',
      'node main.mjs',
      '-t',
      image,
      ...env,
    );
    const [, digest] = said.stdout.trim().split(' ');
    digests.set(`shop/${name}:${tag}`, digest ?? said.stderr);
  };
  const publishAll = async (tag: string, images: Record<string, Variant>) => {
    for (const [name, variant] of Object.entries(images)) await publish(name, tag, variant);
  };

  const rollOut = (tag: string, ...options: string[]) => {
    const place = [
      '--images',
      `${registry.host}/shop`,
      '--tag',
      tag,
      '--context',
      'kagari',
      '--report',
      report,
    ];
    return begin('scripts/release/roll-out.ts', ...place, '--', ...options);
  };
  const takeBack = () =>
    begin('scripts/release/take-back.ts', '--context', 'kagari', '--report', report).ended;
  const summary = async () => (await begin('scripts/release/summary.ts', '--report', report).ended).stdout;
  const statusOf = async (name: string) =>
    JSON.parse((await kagari('rollout', 'status', name, '--json')).stdout);
  const getting = ({ traffic }: { traffic: { revisionName: string; percent?: number }[] }) =>
    traffic.filter(({ percent = 0 }) => percent > 0).map(({ revisionName }) => revisionName);

  beforeAll(async () => {
    registry = await startRegistry(digests);
    home = await newHome();
    report = join(home, '../report.json');
    const manifests = join(home, '../yaml');
    await mkdir(manifests, { recursive: true });
    await publishAll('one', { auth: 'good', orders: 'good', web: 'good' });
    for (const name of ['auth', 'orders', 'web'])
      await writeFile(
        join(manifests, `${name}.yaml`),
        `apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: ${name} }
spec:
  template:
    spec:
      containers: [{ image: '${registry.host}/shop/${name}:one' }]
`,
      );
    platform = await startPlatform({
      home,
      directPort: 0,
      args: ['-f', manifests, '--default-service', 'web'],
    });
  }, 120_000);
  afterAll(async () => {
    await platform?.end('SIGTERM');
    await registry?.close();
    if (home) await removeHome(home);
  });

  it('rolls out the functions whose content changed, and no other', async () => {
    await publishAll('two', { auth: 'good', orders: 'better', web: 'good' });
    const probing = ['--probe', '/', '--min-requests', '60'];
    const { code, stdout, stderr } = await rollOut('two', ...quick, ...probing).ended;
    expect(stderr).toBe('');
    expect(stdout).toContain('1 of 3 functions are to change: orders\n');
    expect(code).toBe(0);
    expect(getting(await statusOf('orders'))).toEqual(['orders-00002']);
    expect(await statusOf('auth')).toMatchObject({ phase: null });
    expect(await summary()).toMatch(
      /^1 of 3 functions changed by `two`, 2 run its images already\.[\s\S]*\| orders \| promoted \| [\d.]+ s \| candidate 0 of \d+ failed .* \| orders-00002 100% \|\n$/,
    );
    expect((await rollOut('two').ended).stdout).toContain('0 of 3 functions are to change: none');
  }, 120_000);

  it('stops at the first function that is rolled back, and ends with its exit code', async () => {
    await publishAll('three', { auth: 'good', orders: 'crashing', web: 'better' });
    const { code } = await rollOut('three', ...quick).ended;
    expect(code).toBe(1);
    expect((await takeBack()).code).toBe(0);
    const { releases = [] } = (await readReport(report)) ?? {};
    expect(releases).toMatchObject([
      { name: 'orders', outcome: 'rolled back', reasons: [expect.stringContaining('no such table')] },
      { name: 'web', outcome: 'not begun' },
    ]);
    expect(getting(await statusOf('orders'))).toEqual(['orders-00002']);
    expect(await statusOf('web')).toMatchObject({ phase: null });
  }, 120_000);

  it('that is held is taken back, and may be tried again', async () => {
    await publishAll('four', { auth: 'good', orders: 'better', web: 'better' });
    expect((await rollOut('four', ...quick, '--patience', '2s').ended).code).toBe(3);
    expect(getting(await statusOf('web'))).toHaveLength(2);
    expect(await takeBack()).toMatchObject({ code: 0, stdout: 'web: taken back\n' });
    expect(await statusOf('web')).toMatchObject({ phase: 'aborted' });
    expect(getting(await statusOf('web'))).toEqual(['web-00001']);
    expect(await summary()).toMatch(/\| web \| held, taken back \| .*not enough evidence: .*web-00001 100%/);
  }, 120_000);

  it('that is killed on its way is taken back', async () => {
    const killed = rollOut('four', '--interval', '60s');
    await waitUntil('the first step', 60_000, async () => (await statusOf('web')).phase === 'shifting');
    killed.child.kill('SIGKILL');
    expect(await takeBack()).toMatchObject({ code: 0, stdout: 'web: taken back\n' });
    expect(getting(await statusOf('web'))).toEqual(['web-00001']);
    expect(await summary()).toContain('| web | under way, taken back |');
  }, 120_000);

  it('whose rollout is killed has failed, and is taken back', async () => {
    const release = rollOut('four', '--interval', '60s');
    await waitUntil('the first step', 60_000, async () => (await statusOf('web')).phase === 'shifting');
    const [rollout = ''] = readFileSync(
      `/proc/${release.child.pid}/task/${release.child.pid}/children`,
      'utf8',
    ).split(' ');
    process.kill(Number(rollout), 'SIGKILL');
    expect((await release.ended).code).toBe(1);
    expect(await takeBack()).toMatchObject({ code: 0, stdout: 'web: taken back\n' });
    expect(await summary()).toContain('| web | failed, taken back |');
  }, 120_000);

  it('that is interrupted is held, and says so', async () => {
    const interrupted = rollOut('four', '--interval', '60s');
    await waitUntil('the first step', 60_000, async () => (await statusOf('web')).phase === 'shifting');
    interrupted.child.kill('SIGINT');
    const { code, stdout } = await interrupted.ended;
    expect(stdout).toContain('held: it was interrupted');
    expect(code).toBe(3);
    expect((await takeBack()).code).toBe(0);
  }, 120_000);

  it('of which an image was never published does nothing', async () => {
    const before = await statusOf('web');
    const { code, stderr } = await rollOut('five').ended;
    expect(stderr).toMatch(/^error: .*:five is not in its registry\n$/);
    expect(code).toBe(1);
    expect(await statusOf('web')).toEqual(before);
  }, 120_000);
});
