import { describe, expect, it } from 'vitest';
import { readBuild } from './build.ts';
import { parseCommandLine } from './command-line.ts';
import { readBase } from './demo/base.ts';
import { readDeploy } from './deploy.ts';
import { readImport } from './image.ts';
import { readPrune } from './prune.ts';
import { readStart } from './start.ts';

describe('the command line', () => {
  it('has the defaults of the contract', () => {
    expect(readStart([], {})).toEqual({
      port: 8080,
      kubePort: 16443,
      directPort: 3000,
      home: '.kagari',
      defaultService: 'gateway',
      manifests: 'knative/manifests/base',
    });
    expect(readBuild(['orders'], {})).toEqual({
      name: 'orders',
      reference: 'dev.local/orders:dev',
      home: '.kagari',
    });
    expect(readPrune([], {})).toEqual({ home: '.kagari', dryRun: false });
    expect(readDeploy(['-c', 'kind'], {})).toEqual({
      cluster: 'kind',
      kubectl: ['kubectl'],
      overlay: 'kind',
      build: true,
      dryRun: false,
      yes: false,
      timeoutSeconds: 300,
    });
    expect(readDeploy(['-c', 'current'], {})).toMatchObject({ overlay: 'production' });
  });

  it('takes an empty port for none, as does the demo', () => {
    expect(readStart([], { KAGARI_PORT: '' }).port).toBe(8080);
    expect(readBase({ KAGARI_PORT: '' })).toBe('http://localhost:8080');
    expect(readBase({ KAGARI_PORT: '9000' })).toBe('http://localhost:9000');
    expect(() => readBase({ KAGARI_PORT: 'x' })).toThrow('KAGARI_PORT is x');
  });

  it('lets an option win over its environment variable', () => {
    const env = { KAGARI_PORT: '9001', KAGARI_HOME: '/x', DATABASE_URL: 'postgres://db/x' };
    expect(readStart(['--port', '9000'], env)).toMatchObject({ port: 9000, home: '/x' });
    expect(readBuild(['orders', '-t', 'v2'], env)).toMatchObject({
      reference: 'dev.local/orders:v2',
      home: '/x',
    });
    expect(readPrune(['--dry-run', '--home', '/y'], env)).toEqual({
      home: '/y',
      dryRun: true,
      databaseUrl: 'postgres://db/x',
    });
  });

  it('takes brokers as a list, and refuses what is none before anything starts', () => {
    const read = (KAFKA_BROKERS: string) => readStart([], { KAFKA_BROKERS }).kafkaBrokers;
    expect(read('kafka-1.shop:9092, 127.0.0.1:9093')).toEqual(['kafka-1.shop:9092', '127.0.0.1:9093']);
    expect(read('')).toBeUndefined();
    for (const bad of ['kafka', 'kafka:', 'kafka:0', 'a:1,,b:2', 'http://kafka:9092', 'a:1;b:2'])
      expect(() => read(bad)).toThrow(/^KAFKA_BROKERS is .*: it must be host:port/);
  });

  it('takes an entrypoint in words or as JSON, and variables whose values hold anything', () => {
    const line = ['shop', '-t', 'dev.local/shop:v1', '--env', 'A=1=2', '--env', 'B=', '--entrypoint'];
    expect(readImport([...line, './server  --fast'], {})).toEqual({
      folder: 'shop',
      entrypoint: ['./server', '--fast'],
      reference: 'dev.local/shop:v1',
      env: { A: '1=2', B: '' },
      home: '.kagari',
    });
    expect(readImport([...line, '["./a server"]'], {}).entrypoint).toEqual(['./a server']);
  });

  it.each([
    [['start', '--port', '70000'], /--port is 70000/],
    [['start', '--port', '1e3'], /--port is 1e3/],
    [['start', '--port', '0'], /from 1 to 65535/],
    [['start', '--prot', '1'], /--prot/],
    [['start', '--home', ''], /--home is empty/],
    [['start', 'x'], /-f DIR.*kagari start --help/],
    [['start', '--tag', 'x'], /--tag/],
    [['stop'], /no command stop: there are start, build, image, prune, deploy/],
    [['--port', '1'], /name a command before --port/],
    [['toString'], /no command toString/],
    [[], /name a command/],
    [['build'], /takes the name of a function.*kagari build --help/],
    [['build', 'orders', 'payments'], /not payments/],
    [['build', 'orders', '-t', 'dev.local/orders:v2'], /takes the tag alone, such as v2/],
    [['build', 'orders', '-t', 'v 2'], /tag can only contain/],
    [['build', 'orders', '-t', ''], /-t is empty/],
    [['build', 'orders', '-t'], /-t/],
    [['image'], /image import, or image list/],
    [['image', 'rm'], /no image rm: there are import, list/],
    [['image', 'list', 'x'], /takes no x/],
    [['image', 'import'], /takes a folder/],
    [['image', 'import', '.', '-t', 'dev.local/a:v1'], /--entrypoint is missing/],
    [['image', 'import', '.', '--entrypoint', './a'], /-t is missing/],
    [['image', 'import', '.', '--entrypoint', './a', '-t', 'Shop'], /repository can only contain/],
    [['image', 'import', '.', '--entrypoint', '[1]', '-t', 'dev.local/shop:v1'], /no JSON list of words/],
    [['image', 'import', '.', '--entrypoint', './a', '-t', 'a/b:c', '--env', 'A'], /takes KEY=VALUE/],
    [['prune', 'orders'], /takes no orders/],
    [['prune', '--dryrun'], /--dryrun/],
    [['deploy'], /-c is missing: it takes kind, minikube, current/],
    [['deploy', '-c', 'prod'], /-c is prod: it takes kind/],
    [['deploy', 'orders', '-c', 'kind'], /takes no orders/],
    [['deploy', '-c', 'kind', '--images', 'https://ghcr.io/x'], /--images is https/],
    [['deploy', '-c', 'kind', '--tag', 'latest'], /makes no new revision/],
    [['deploy', '-c', 'kind', '--tag', 'a b'], /a tag alone, such as v2/],
    [['deploy', '-c', 'kind', '--timeout', '1m'], /--timeout is 1m: it takes seconds/],
    [['deploy', '-c', 'kind', '--no-build', '--builder', 'podman'], /exclude each other/],
    [['deploy', '-c', 'kind', '--cleanup', '--cleanup-only'], /choose one/],
    [['deploy', '-c', 'kind', '--kubectl', ' '], /--kubectl is empty/],
    [['deploy', '-c', 'kind', '--overlay', ''], /--overlay is empty/],
  ])('refuses %j with exit code 2 and one line that says why', async (args, why) => {
    const line = await parseCommandLine(args, {});
    expect(line).toMatchObject({ exitCode: 2 });
    const text = 'text' in line ? line.text : '';
    expect(text).toMatch(/^error: [^\n]+$/);
    expect(text).toMatch(why);
  });

  it('refuses to clean up before it deploys where the database is given, and says no password', () => {
    const env = { DATABASE_URL: 'postgres://me:mine@db.example/x' };
    const read = (option: string) => () => readDeploy(['-c', 'kind', option], env);
    expect(read('--cleanup')).toThrow(/^--cleanup leaves the database of DATABASE_URL as it is,/);
    expect(read('--cleanup')).not.toThrow(/mine/);
    expect(read('--cleanup-only')()).toMatchObject({ cleanup: 'only', databaseUrl: env.DATABASE_URL });
  });

  it.each([
    ['--help'],
    ['start', '--help'],
    ['build', '-h'],
    ['image', '--help'],
    ['prune', '--help'],
    ['deploy', '--help'],
  ])('helps with %s %s', async (...args) => {
    const line = await parseCommandLine(args, {});
    expect(line).toMatchObject({ exitCode: 0, text: expect.stringContaining('kagari ') });
  });
});
