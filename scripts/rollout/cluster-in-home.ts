import { openKube } from '../kube.ts';
import type { Cluster } from './ports.ts';

const group = '/apis/serving.knative.dev/v1/namespaces';

/** The running platform of a home; rejects where there is none. */
export const openHome = async (home: string, namespace: string): Promise<Cluster> => {
  const kube = await openKube(home);
  if (!kube) throw new Error(`there is no platform in ${home}: start it, or name its home or a context`);
  const path = (plural: string, name: string) =>
    `${group}/${namespace}/${plural}/${encodeURIComponent(name)}`;
  return {
    namespace,
    service: (name) => kube.get(path('services', name)),
    revision: (name) => kube.get(path('revisions', name)),
    async revisions(service) {
      const selector = encodeURIComponent(`serving.knative.dev/service=${service}`);
      const { items } = await kube.get(`${group}/${namespace}/revisions?labelSelector=${selector}`);
      return items;
    },
    put: (service, { dryRun } = { dryRun: false }) =>
      kube.put(`${path('services', service.metadata.name)}${dryRun ? '?dryRun=All' : ''}`, service),
    text: kube.text,
    close: kube.close,
  };
};
