import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdmission } from '../../admission/admission.ts';
import { sinkBindingMutator } from '../../eventing/bind-sink.ts';
import { createStore, type StoreOptions } from '../../store/store.ts';
import { testLog } from '../../store/testing.ts';
import { createKubeApi } from '../kube-api.ts';
import { createClient } from './client.ts';
import { createFakePods } from './fake-pods.ts';

/** The API over a real store on this database, with pods that a test makes up. */
export const startTestApi = async (url: string, options: Partial<StoreOptions> = {}) => {
  const home = await mkdtemp(join(tmpdir(), 'kagari-api-'));
  const log = testLog();
  const store = await createStore({
    url,
    admit: createAdmission({ mutators: [sinkBindingMutator] }),
    log,
    ...options,
  });
  const pods = createFakePods();
  const api = createKubeApi({ store, pods, home, log });
  const { port, url: server, kubeconfig } = await api.listen(0);
  const ca = await readFile(`${home}/kube/ca.crt`, 'utf8');
  const tokenOf = async (user: string) => (await readFile(`${home}/kube/${user}.token`, 'utf8')).trim();
  const tokens = { admin: await tokenOf('admin'), console: await tokenOf('console') };
  const client = createClient(server, ca, tokens.admin);
  return {
    ...client,
    store,
    pods,
    log,
    home,
    port,
    url: server,
    kubeconfig,
    ca,
    tokens,
    api,
    stop: async () => {
      client.close();
      await api.close();
      await store.close();
      await rm(home, { recursive: true, force: true });
    },
  };
};

export type TestApi = Awaited<ReturnType<typeof startTestApi>>;
