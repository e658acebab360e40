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

/** As long as a function takes to answer what it has in hand. */
const graceSeconds = 30;

/**
 * Removes the namespace with all that is in it, and what the overlay has outside of it. Services go first: a SinkBinding
 * that goes before its Service takes its sink out of it, which starts a new revision. Then sources, Triggers and Brokers,
 * whose controllers need what is beside them to let go.
 */
export const cleanUp = async (
  objects: readonly NewObject[],
  { kubectl, say, withinSeconds }: CleanUpSettings,
): Promise<void> => {
  const within = `--timeout=${withinSeconds}s`;
  const removeAll = (resources: string, ...options: string[]) =>
    forgiving(
      kubectl.run(['delete', resources, '--all', '-n', namespace, '--ignore-not-found', within, ...options]),
    );
  for (const resources of stepsOf(objects)) await removeAll(resources);
  // A namespace that finds pods looks again after half of the time they may take to end: minutes. Told once more, a process
  // that was told before it could listen hears it, too.
  await removeAll('pods', `--grace-period=${graceSeconds}`);
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
    of(/\.sources\.knative\.dev$|^triggers\.eventing/),
    of(/^brokers\.eventing/),
    of(/^(jobs\.batch|statefulsets\.apps)$/),
    // Services' own: what is not yet collected would start pods anew for those that are told to end next.
    'deployments.apps',
    'replicasets.apps',
  ].filter(Boolean);
};

/** Where the cluster does not know a kind, there is nothing of it to remove. */
const forgiving = async (work: Promise<unknown>): Promise<void> => {
  try {
    await work;
  } catch (error) {
    const unknown =
      error instanceof ClusterError &&
      /doesn't have a resource type|no matches for kind|namespaces? .* not found/i.test(error.stderr);
    if (!unknown) throw error;
  }
};
