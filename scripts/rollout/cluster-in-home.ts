import type { NewObject } from '../../knative/local/store/types.ts';
import { openKube } from '../kube.ts';
import { positionsIn } from './keys/positions.ts';
import type { Cluster } from './ports.ts';

const serving = 'serving.knative.dev/v1';
const eventing = 'eventing.knative.dev/v1';

/** The running platform of a home; rejects where there is none. */
export const openHome = async (home: string, namespace: string): Promise<Cluster> => {
  const kube = await openKube(home);
  if (!kube) throw new Error(`there is no platform in ${home}: start it, or name its home or a context`);
  const all = (version: string, plural: string) => `/apis/${version}/namespaces/${namespace}/${plural}`;
  const path = (version: string, plural: string, name: string) =>
    `${all(version, plural)}/${encodeURIComponent(name)}`;
  const placeOf = ({ apiVersion, kind, metadata }: NewObject) =>
    path(apiVersion, `${kind.toLowerCase()}s`, metadata.name);
  return {
    namespace,
    service: (name) => kube.get(path(serving, 'services', name)),
    revision: (name) => kube.get(path(serving, 'revisions', name)),
    async revisions(service) {
      const selector = encodeURIComponent(`serving.knative.dev/service=${service}`);
      const { items } = await kube.get(`${all(serving, 'revisions')}?labelSelector=${selector}`);
      return items;
    },
    put: (object, { dryRun } = { dryRun: false }) =>
      kube.put(`${placeOf(object)}${dryRun ? '?dryRun=All' : ''}`, object),
    create: (object) => kube.post(placeOf(object).replace(/\/[^/]*$/, ''), object),
    remove: (object) => kube.delete(placeOf(object)),
    async triggers() {
      const { items } = await kube.get(all(eventing, 'triggers'));
      return items;
    },
    async positions(trigger) {
      return positionsIn(
        await kube.text(`/metrics?trigger=${encodeURIComponent(`${namespace}/${trigger}`)}`),
      );
    },
    text: kube.text,
    close: kube.close,
  };
};
