import type { KubeObject } from '../../knative/local/store/types.ts';
import { ClusterError } from './explain-kubectl.ts';
import type { Kubectl } from './kubectl.ts';

/** Undefined where we may not look: then the cluster itself will say. */
export const readable = (kubectl: Kubectl, resources: string, where: readonly string[]) =>
  kubectl.list(resources, where).catch(unlessForbidden);

/** A ConfigMap of Knative Serving; undefined where there is none, too. */
export const readConfig = async (kubectl: Kubectl, name: string): Promise<KubeObject | undefined> => {
  const where = ['-n', 'knative-serving', '--field-selector', `metadata.name=${name}`];
  return (await readable(kubectl, 'configmaps', where))?.[0];
};

export const unlessForbidden = (error: unknown): undefined => {
  if (!(error instanceof ClusterError && /forbidden/i.test(error.stderr))) throw error;
};
