import type { TestProject } from 'vitest/node';
import { openTarget, type Target } from './target.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    target: Target;
  }
}

/** One platform for the whole suite, as a cluster is. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const { kubeconfig, ingress, domain, consoleToken, stop } = await openTarget();
  project.provide('target', { kubeconfig, ingress, domain, ...(consoleToken && { consoleToken }) });
  return stop;
};
