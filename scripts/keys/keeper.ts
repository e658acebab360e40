import { namespace } from '../../knative/local/secrets/kept.ts';
import type { KubeObject } from '../../knative/local/store/types.ts';
import { ClusterError } from '../deploy/explain-kubectl.ts';
import type { Kubectl } from '../deploy/kubectl.ts';
import { ConflictError, type Kube } from '../kube.ts';
import type { KeyObjects } from './state.ts';

/** Where the keys stand: a home's running platform, or a cluster. */
export interface KeyKeeper {
  read(): Promise<KeyObjects>;
  /** Over what was read; false where somebody else has written since. */
  write(object: KubeObject): Promise<boolean>;
}

export const keeperInHome = (kube: Kube): KeyKeeper => ({
  async read() {
    const [secret, config] = await Promise.all([
      kube.get(path('secrets', 'auth-keys')),
      kube.get(path('configmaps', 'auth-jwks')),
    ]);
    return { secret, config };
  },
  write: (object) =>
    kube.put(path(object.kind === 'Secret' ? 'secrets' : 'configmaps', object.metadata.name), object).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ConflictError) return false;
        throw error;
      },
    ),
});

const path = (plural: string, name: string) => `/api/v1/namespaces/${namespace}/${plural}/${name}`;

export const keeperInCluster = (kubectl: Kubectl): KeyKeeper => {
  const get = async (what: string): Promise<KubeObject> =>
    JSON.parse(await kubectl.run(['get', ...what.split('/'), '-n', namespace, '-o', 'json']));
  return {
    async read() {
      const [secret, config] = await Promise.all([get('secret/auth-keys'), get('configmap/auth-jwks')]);
      return { secret, config };
    },
    write: (object) =>
      kubectl.run(['replace', '-f', '-'], JSON.stringify(object)).then(
        () => true,
        (error: unknown) => {
          if (error instanceof ClusterError && /\(Conflict\)|has been modified/.test(error.stderr))
            return false;
          throw error;
        },
      ),
  };
};
