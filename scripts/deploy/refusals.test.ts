import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../../knative/local/api/testing/api.ts';
import { kubectl, unless } from '../../test/acceptance/support/tools.ts';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { kubeconfigFor, openFolder, startDeploy } from './testing.ts';

let folder: Awaited<ReturnType<typeof openFolder>>;
beforeAll(async () => {
  folder = await openFolder();
});
afterAll(() => folder.remove());

const deploy = (args: string[], env: Record<string, string> = {}) =>
  startDeploy(['--overlay', 'lab', ...args], env).ended;
const current = ['-c', 'current', '--yes', '--no-build'];

describe('without kubectl', () => {
  it('names what is not on PATH, each with the command that installs it', async () => {
    const empty = { PATH: folder.path };
    const { code, err } = await deploy(['-c', 'kind'], empty);
    expect(code).toBe(1);
    expect(err).toMatch(/kubectl is not on PATH:\n {2}.*kubectl/);
    expect(err).toMatch(/kind is not on PATH:\n {2}.*kind/);
    expect(err).toMatch(/^error: nothing was changed: kubectl is not on PATH, and 1 more: /m);
    expect((await deploy(['-c', 'minikube'], empty)).err).toContain('minikube is not on PATH');
  });

  it('refuses the current context where there is no terminal to ask at', async () => {
    const { code, err } = await deploy(['-c', 'current']);
    expect([code, err]).toEqual([1, expect.stringMatching(/^error: .*no terminal to ask at: say --yes\n$/)]);
  });
});

describe.skipIf(!kubectl)(`what kubectl cannot reach${unless(kubectl, 'KUBECTL')}`, () => {
  const withConfig = async (content: string) => ({ KUBECONFIG: await folder.write('config', content) });

  it('says that no context is current, and which there are', async () => {
    const { code, err } = await deploy(
      current,
      await withConfig(kubeconfigFor('https://127.0.0.1:1', { current: '' })),
    );
    expect(code).toBe(1);
    expect(err).toMatch(
      /^error: no context is current \(there are there\): kubectl config use-context NAME$/m,
    );
  });

  it('says that the current context does not exist', async () => {
    const { code, err } = await deploy(
      current,
      await withConfig(kubeconfigFor('https://127.0.0.1:1', { current: 'gone' })),
    );
    expect(code).toBe(1);
    expect(err).toMatch(/^error: the current context gone does not exist \(there are there\)/m);
  });

  it('says that no cluster answers, and in which context', async () => {
    const { code, err } = await deploy(
      current,
      await withConfig(kubeconfigFor(`https://127.0.0.1:${await closedPort()}`)),
    );
    expect(code).toBe(1);
    expect(err).toMatch(
      /^error: no cluster answers in context there \(.*refused.*\): start it, or choose another/m,
    );
  });

  it('says that a name leads nowhere', async () => {
    const { code, err } = await deploy(current, await withConfig(kubeconfigFor('https://cluster.invalid')));
    expect(code).toBe(1);
    expect(err).toMatch(/^error: no cluster answers in context there/m);
  });

  it('says where an overlay was looked for', async () => {
    const { code, err } = await deploy(['--overlay', 'moon', ...current]);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^error: --overlay is moon: there is no kustomization.yaml in .*overlays\/moon, nor in /m,
    );
  });

  it('ends at once on SIGINT while a server does not answer, with its kubectl', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const run = startDeploy(
      ['--overlay', 'lab', ...current],
      await withConfig(kubeconfigFor(`https://127.0.0.1:${port}`)),
    );
    const [asked] = await once(server, 'connection');
    const started = performance.now();
    run.kill('SIGINT');
    const [{ code, err }] = await Promise.all([run.ended, once(asked, 'close')]);
    expect(code).toBe(1);
    expect(err).toMatch(/^error: stopped by SIGINT: .*the same command goes on from there/m);
    expect(performance.now() - started).toBeLessThan(5_000);
    server.close();
  });
});

describe.skipIf(!kubectl)(`an API that answers${unless(kubectl, 'KUBECTL')}`, () => {
  let database: TestDatabase;
  let api: TestApi;
  beforeAll(async () => {
    database = await freshDatabase();
    api = await startTestApi(database.adminUrl);
  });
  afterAll(async () => {
    await api.stop();
    await database.drop();
  });

  it('says that one is not logged in', async () => {
    const KUBECONFIG = await folder.write('wrong', kubeconfigFor(api.url, { token: 'expired', ca: api.ca }));
    const { code, err } = await deploy(current, { KUBECONFIG });
    expect(code).toBe(1);
    expect(err).toMatch(
      /^error: not logged in to the cluster of context there \(.*\): log in as its provider says/m,
    );
    expect(err).not.toContain('expired');
  });

  it('says that the certificate is not trusted', async () => {
    const KUBECONFIG = await folder.write('distrust', kubeconfigFor(api.url, { token: api.tokens.admin }));
    const { code, err } = await deploy(current, { KUBECONFIG });
    expect(code).toBe(1);
    expect(err).toMatch(
      /^error: the cluster of context there shows a certificate that its kubeconfig does not trust/m,
    );
  });

  it('takes the local runtime for no cluster, and changes nothing there', async () => {
    const before = api.store.revision();
    const { code, err } = await deploy([...current, '--cleanup'], { KUBECONFIG: api.kubeconfig });
    expect(code).toBe(1);
    expect(err).toMatch(/^error: context \S+ is the local runtime/m);
    expect(api.store.revision()).toBe(before);
  });
});

const closedPort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
};
