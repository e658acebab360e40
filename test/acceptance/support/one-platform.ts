import type { TestProject } from 'vitest/node';
import { createKube } from './kube.ts';
import { readAccess } from './kubeconfig.ts';
import { openTarget, type Served, type Target } from './target.ts';
import { kn, kubectl } from './tools.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    target: Target;
    served: Served;
  }
}

/** One platform for the whole suite, as a cluster is. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  if (!kn) console.warn('kn is not on PATH, nor named by KN: the tests that run it are skipped');
  if (!kubectl)
    console.warn('kubectl is not on PATH, nor named by KUBECTL: the tests that run it are skipped');
  const { kubeconfig, ingress, domain, consoleToken, stop } = await openTarget();
  project.provide('target', { kubeconfig, ingress, domain, ...(consoleToken && { consoleToken }) });
  project.provide('served', await askWhatIsServed(kubeconfig));
  return stop;
};

const askWhatIsServed = async (kubeconfig: string): Promise<Served> => {
  const kube = createKube(await readAccess(kubeconfig), 'kagari');
  const serves = async (path: string) => (await kube.ask('GET', path)).status === 200;
  const served = {
    kafkaSources: await serves(kube.pathOf('kafka', 'consumer')),
    metrics: await serves('/apis/metrics.k8s.io/v1beta1'),
  };
  kube.close();
  return served;
};
