import type { KubeObject } from '../../knative/local/store/types.ts';
import { ClusterError } from '../deploy/explain-kubectl.ts';
import type { Kubectl } from '../deploy/kubectl.ts';
import { ConflictError } from '../kube.ts';
import type { Cluster } from './ports.ts';

/** A context of the kubeconfig, with all that kubectl knows of logging in. */
export const openContext = (kubectl: Kubectl, namespace: string): Cluster => {
  const within = ['-n', namespace];
  const get = async (kind: string, name: string): Promise<KubeObject> =>
    JSON.parse(await kubectl.run(['get', `${kind}.serving.knative.dev`, name, ...within, '-o', 'json']));
  return {
    namespace,
    service: (name) => get('services', name),
    revision: (name) => get('revisions', name),
    revisions: (service) =>
      kubectl.list('revisions.serving.knative.dev', [
        ...within,
        '-l',
        `serving.knative.dev/service=${service}`,
      ]),
    async put(object, { dryRun } = { dryRun: false }) {
      const dry = dryRun ? ['--dry-run=server'] : [];
      try {
        return JSON.parse(
          await kubectl.run(['replace', '-f', '-', '-o', 'json', ...dry], JSON.stringify(object)),
        );
      } catch (error) {
        if (error instanceof ClusterError && /\(Conflict\)|has been modified/.test(error.stderr))
          throw new ConflictError(error.message);
        throw error;
      }
    },
    create: async (object) =>
      JSON.parse(await kubectl.run(['create', '-f', '-', '-o', 'json'], JSON.stringify(object))),
    async remove({ kind, metadata }) {
      await kubectl.run(['delete', kind.toLowerCase(), metadata.name, ...within, '--ignore-not-found']);
    },
    triggers: () => kubectl.list('triggers.eventing.knative.dev', within),
    positions: async () => {
      throw new Error(
        'the offsets of Triggers, as they are at this moment, are told by the local runtime only: on a cluster leave --by-key out',
      );
    },
    text: (path) => kubectl.run(['get', '--raw', path]),
    close: () => {},
  };
};
