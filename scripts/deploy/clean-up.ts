import { namespace } from '../../knative/local/secrets/kept.ts';
import type { NewObject } from '../../knative/local/store/types.ts';
import { ClusterError } from './explain-kubectl.ts';
import type { Kubectl } from './kubectl.ts';
import { kindOf, nameOf, resourceOf } from './overlay.ts';

export interface CleanUpSettings {
  kubectl: Kubectl;
  say(line: string): void;
  /** Seconds for each step. */
  withinSeconds: number;
}

/** As long as pods are waited for: queue-proxy drains for 30 s, and the last of them are gone after 40. */
const podSeconds = 60;

/**
 * Removes the namespace with all that is in it, and what the overlay has outside of it. Services go first: a SinkBinding
 * that goes before its Service takes its sink out of it, which starts a new revision. Then what Knative made of them, down
 * to the revisions, which make a Deployment anew where it goes before them. Then sources, Triggers and Brokers, whose
 * controllers need what is beside them to let go.
 */
export const cleanUp = async (
  objects: readonly NewObject[],
  { kubectl, say, withinSeconds }: CleanUpSettings,
): Promise<void> => {
  const within = `--timeout=${withinSeconds}s`;
  const removeAll = (resources: string, ...options: string[]) =>
    forgiving(
      nothingThere,
      kubectl.run(['delete', resources, '--all', '-n', namespace, '--ignore-not-found', ...options]),
    );
  for (const resources of stepsOf(objects)) await removeAll(resources, within);
  // A process that is told to end before it can listen lives for all of its grace, minutes, since kubelet says it once; a
  // namespace that finds pods looks again after half of that. The node ends what is left of them.
  await forgiving(stillThere, removeAll('pods', `--timeout=${podSeconds}s`));
  await removeAll('pods', '--force', '--grace-period=0', within);
  say(`  the namespace ${namespace} goes, with all that is in it`);
  await kubectl.run(['delete', 'namespace', namespace, '--ignore-not-found', within]);
  for (const object of await clusterScoped(kubectl, objects)) {
    say(`  ${nameOf(object)} goes`);
    await kubectl.run([
      'delete',
      resourceOf(kindOf(object)),
      object.metadata.name,
      '--ignore-not-found',
      within,
    ]);
  }
};

/** What of ours stands in no namespace, but for the namespace itself. */
const clusterScoped = async (kubectl: Kubectl, objects: readonly NewObject[]): Promise<NewObject[]> => {
  const listed = await kubectl.run(['api-resources', '--namespaced=false', '-o', 'name', '--no-headers']);
  const resources = new Set(listed.trim().split('\n'));
  return objects.filter(
    (object) => kindOf(object) !== 'Namespace' && resources.has(resourceOf(kindOf(object))),
  );
};

const stepsOf = (objects: readonly NewObject[]): string[] => {
  const kinds = [...new Set(objects.map((object) => resourceOf(kindOf(object))))];
  const of = (group: RegExp) => kinds.filter((kind) => group.test(kind)).join(',');
  return [
    of(/\.serving\.knative\.dev$/),
    'configurations.serving.knative.dev',
    'revisions.serving.knative.dev',
    of(/\.sources\.knative\.dev$|^triggers\.eventing/),
    of(/^brokers\.eventing/),
    of(/^(jobs\.batch|statefulsets\.apps)$/),
    'deployments.apps',
    'replicasets.apps',
  ].filter(Boolean);
};

/** Where the cluster does not know a kind, there is nothing of it to remove. */
const nothingThere = /doesn't have a resource type|no matches for kind|namespaces? .* not found/i;
const stillThere = /timed out waiting/;

const forgiving = async (failure: RegExp, work: Promise<unknown>): Promise<void> => {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ClusterError && failure.test(error.stderr))) throw error;
  }
};
