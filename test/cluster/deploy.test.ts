import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { startDeploy } from '../../scripts/deploy/testing.ts';
import { until } from '../acceptance/support/until.ts';
import { cluster, isUp, kubectl, objects } from './lab.ts';

const up = await isUp();
const root = join(import.meta.dirname, '../..');
const minutes = 60_000;

// In this order: the first deploys, each after it disturbs and mends, the last removes.
describe.skipIf(!up)(
  `kagari deploy on a real cluster${up ? '' : ' (skipped: no `cluster` on PATH that is up)'}`,
  () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kagari-lab-'));
    });
    afterAll(async () => {
      await kubectl(['delete', 'serviceaccount', 'nobody', '-n', 'default', '--ignore-not-found']);
      await rm(folder, { recursive: true, force: true });
    });

    const start = (...args: string[]) =>
      startDeploy(
        ['-c', 'current', '--kubectl', `${cluster} exec -- kubectl`, '--overlay', 'lab', '--yes', ...args],
        { HOME: process.env.HOME },
      );
    // Builds have no network: they find the packages where the host's npm keeps them.
    const building = ['--builder', `${cluster} image build --volume ${npmCache()}:/root/.npm`];
    const deploy = (...args: string[]) => start(...building, ...args).ended;

    /** The lab's overlay with patches, in a folder of its own. */
    const overlay = async (name: string, ...patches: object[]): Promise<string> => {
      const lab = relative(join(folder, name), join(root, 'knative/manifests/overlays/lab'));
      await mkdir(join(folder, name), { recursive: true });
      await writeFile(join(folder, name, 'kustomization.yaml'), stringify({ resources: [lab], patches }));
      return join(folder, name);
    };
    const patch = (kind: string, name: string, path: string, value: unknown) => ({
      target: { kind, name, ...(kind === 'Service' && { group: 'serving.knative.dev' }) },
      patch: JSON.stringify([{ op: 'replace', path, value }]),
    });
    const generations = async () =>
      new Map((await objects('ksvc')).map(({ metadata }) => [metadata.name, metadata.generation]));
    const secrets = async () =>
      new Map(
        (await objects('secrets,configmaps')).map(({ kind, metadata, data }) => [
          `${kind} ${metadata.name}`,
          data,
        ]),
      );

    it('brings the platform up from nothing, and no process is ever given a secret', {
      timeout: 15 * minutes,
    }, async () => {
      const run = start(...building, '--cleanup');
      const seen = new Set<string>();
      let running = true;
      const watching = (async () => {
        while (running) {
          for (const line of await commandLines()) seen.add(line);
          await sleep(20);
        }
      })();
      const { code, out, err } = await run.ended;
      running = false;
      await watching;
      expect(err).toBe('');
      expect(code).toBe(0);
      expect(out).toMatch(/^all is ready, [\d.]+ s after the images/m);
      expect(out).toContain('http://kagari.knative.lab');
      const values = (await objects('secrets'))
        .flatMap(({ data }) => Object.values<string>(data))
        .flatMap((encoded) => [encoded, Buffer.from(encoded, 'base64').toString()]);
      expect(values.length).toBeGreaterThan(10);
      for (const value of values) {
        expect([...seen].filter((line) => line.includes(value))).toEqual([]);
        expect(out).not.toContain(value);
      }
      expect([...seen].some((line) => line.includes('kubectl') && line.includes('apply'))).toBe(true);
    });

    it('answers where it says, through Kourier', { timeout: minutes }, async () => {
      const health = await curl('http://kagari.knative.lab/api/health');
      expect(JSON.parse(health)).toMatchObject({ status: 'ok' });
    });

    it('makes no new revision and changes no Secret when nothing has changed', {
      timeout: 5 * minutes,
    }, async () => {
      const before = [await generations(), await secrets()];
      const { code, out } = await deploy();
      expect(code).toBe(0);
      expect(out).not.toContain('keeps');
      expect([await generations(), await secrets()]).toEqual(before);
    });

    it('keeps traffic that was set since, and an image that is not its own, and says how to move it', {
      timeout: 5 * minutes,
    }, async () => {
      const traffic = [
        { revisionName: 'hello-00001', percent: 100 },
        { latestRevision: true, percent: 0, tag: 'candidate' },
      ];
      await kubectl([
        'patch',
        'ksvc',
        'hello',
        '-n',
        'kagari',
        '--type=merge',
        '-p',
        JSON.stringify({ spec: { traffic } }),
      ]);
      expect((await deploy()).code).toBe(0);
      const [hello] = (await objects('ksvc')).filter(({ metadata }) => metadata.name === 'hello');
      expect(hello.spec.traffic).toEqual(traffic.map((target) => ({ latestRevision: false, ...target })));
      const before = await generations();
      const { code, out } = await start('--no-build', '--tag', 'other', '--dry-run').ended;
      expect(code).toBe(0);
      expect(out).toMatch(
        /hello keeps dev\.local\/hello:\w+\n.*kn service update hello -n kagari --image dev\.local\/hello:other/,
      );
      expect(await generations()).toEqual(before);
    });

    it('stops at an image that is missing, names it, and goes on in the next run', {
      timeout: 10 * minutes,
    }, async () => {
      const { code, err, out } = await start('--no-build', '--tag', 'missing').ended;
      expect(code).toBe(1);
      expect(err).toMatch(
        /^error: Job migrate \((ErrImagePull|ImagePullBackOff|ErrImageNeverPull): .*is not ready/m,
      );
      expect(out).toMatch(/look: .*kubectl .*-n kagari describe/);
      expect((await deploy()).code).toBe(0);
    });

    it('stops at a quota that is exceeded, names it, and goes on in the next run', {
      timeout: 10 * minutes,
    }, async () => {
      await kubectl(['create', 'quota', 'small', '--hard=count/pods=1', '-n', 'kagari']);
      await until('the quota is counted', async () => (await objects('resourcequotas'))[0]?.status?.hard);
      const { code, err } = await deploy();
      await kubectl(['delete', 'quota', 'small', '-n', 'kagari']);
      expect(code).toBe(1);
      expect(err).toMatch(/^error: Job migrate \(.*exceeded quota: small/m);
      expect((await deploy()).code).toBe(0);
    });

    it('says before it changes anything that there is too little memory', {
      timeout: 2 * minutes,
    }, async () => {
      const before = await generations();
      const large = await overlay(
        'large',
        patch('Service', 'hello', '/spec/template/spec/containers/0/resources/requests/memory', '1Ti'),
      );
      const { code, err } = await start('--no-build', '--overlay', large).ended;
      expect(code).toBe(1);
      expect(err).toMatch(
        /^error: nothing was changed: too little memory: the pods request \d+ MiB, the nodes have \d+ MiB left/m,
      );
      expect(await generations()).toEqual(before);
    });

    it('says before it changes anything what Knative lacks, and the command that installs it', {
      timeout: 2 * minutes,
    }, async () => {
      const { code, err } = await start('--no-build', '--overlay', 'production').ended;
      expect(code).toBe(1);
      expect(err).toMatch(
        /^error: nothing was changed: Knative's Broker for Kafka is not installed in the cluster(, and 1 more)?: kubectl apply -f https:/m,
      );
    });

    it('says before it changes anything what one may not do', { timeout: 2 * minutes }, async () => {
      await kubectl(['create', 'serviceaccount', 'nobody', '-n', 'default']).catch(() => {});
      const { code, err } = await startDeploy(
        [
          '-c',
          'current',
          '--kubectl',
          `${cluster} exec -- kubectl --as system:serviceaccount:default:nobody`,
          '--overlay',
          'lab',
          '--yes',
          '--no-build',
        ],
        { HOME: process.env.HOME },
      ).ended;
      expect(code).toBe(1);
      expect(err).toMatch(
        /^error: (nothing was changed: you may not create .*in namespace kagari|the cluster of context \S+ does not allow it)/m,
      );
    });

    it('stops at a Service that never gets ready, with its condition, and goes on in the next run', {
      timeout: 10 * minutes,
    }, async () => {
      const lost = await overlay(
        'lost',
        patch('Service', 'hello', '/spec/template/spec/containers/0/readinessProbe/httpGet/path', '/nowhere'),
      );
      const { code, err, out } = await start('--no-build', '--overlay', lost, '--timeout', '40').ended;
      expect(code).toBe(1);
      expect(err).toMatch(/^error: Service hello \(.+\) is not ready: see above/m);
      expect(out).toMatch(/^ {2}Service hello: (Ready|ConfigurationsReady|RoutesReady) is \w+: /m);
      expect(out).toMatch(/look: .*describe services\.serving\.knative\.dev hello/);
      expect((await deploy()).code).toBe(0);
    });

    it('stops at SIGINT in the middle, and goes on in the next run', { timeout: 10 * minutes }, async () => {
      const run = start(...building);
      const begun = () => /^migration$/m.test(run.said.out);
      await Promise.race([until('the migration begins', async () => begun(), 5 * minutes), run.ended]);
      run.kill('SIGINT');
      const { code, err } = await run.ended;
      expect(code).toBe(1);
      expect(err).toMatch(/^error: stopped by SIGINT: what is applied stays/m);
      expect((await deploy()).code).toBe(0);
    });

    it('leaves nothing behind after --cleanup-only, claims of the whole cluster included', {
      timeout: 5 * minutes,
    }, async () => {
      const { code, out } = await start('--cleanup-only').ended;
      expect(code).toBe(0);
      expect(out).toContain('nothing of ours is left');
      const claims = await kubectl(['get', 'clusterdomainclaims', '-o', 'name']);
      expect(claims).not.toContain('kagari');
      expect(await kubectl(['get', 'namespaces', '-o', 'name'])).not.toContain('kagari');
      expect((await start('--cleanup-only').ended).code).toBe(0);
    });
  },
);

const npmCache = (): string => execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim();

const curl = (url: string): Promise<string> =>
  new Promise((resolve, reject) =>
    execFile(`${cluster}`, ['exec', '--', 'curl', '-sS', '--max-time', '30', url], (error, out) =>
      error ? reject(error) : resolve(out),
    ),
  );

/** Of all processes of this machine. */
const commandLines = async (): Promise<string[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
};
