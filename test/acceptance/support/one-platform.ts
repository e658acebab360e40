import type { TestProject } from 'vitest/node';
import { openTarget, type Target } from './target.ts';
import { kn, kubectl } from './tools.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    target: Target;
  }
}

/** One platform for the whole suite, as a cluster is. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  if (!kn) console.warn('kn is not on PATH, nor named by KN: the tests that run it are skipped');
  if (!kubectl)
    console.warn('kubectl is not on PATH, nor named by KUBECTL: the tests that run it are skipped');
  const { kubeconfig, ingress, domain, consoleToken, stop } = await openTarget();
  project.provide('target', { kubeconfig, ingress, domain, ...(consoleToken && { consoleToken }) });
  return stop;
};
