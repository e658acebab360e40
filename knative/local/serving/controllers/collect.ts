import type { KubeObject } from '../../store/types.ts';
import { keepAnnotation, routingModifiedAnnotation, routingStateLabel } from './names.ts';

// config-gc's defaults
const keepAtLeast = 20;
const keepAtMost = 1_000;
const sinceCreatedMs = 48 * 3_600_000;
const sinceActiveMs = 15 * 3_600_000;

/**
 * Knative's garbage collection of a Configuration's Revisions: one that no route has led to for 15 hours and that is older
 * than 48 goes, as long as 20 such remain. `later`: there are enough for some to go some time.
 */
export const staleRevisions = (
  revisions: readonly KubeObject[],
  latestReady: string | undefined,
  now: Date,
): { remove: KubeObject[]; later: boolean } => {
  const inactive = revisions
    .filter((revision) => !isActive(revision, latestReady))
    .sort((a, b) => lastActive(a) - lastActive(b));
  const spare = inactive.length - keepAtLeast;
  if (spare <= 0) return { remove: [], later: false };
  const old = inactive.filter((revision) => isOld(revision, now)).slice(0, spare);
  const rest = inactive.filter((revision) => !old.includes(revision));
  const many = rest.slice(0, Math.max(0, rest.length - keepAtMost));
  return { remove: [...old, ...many], later: true };
};

const isActive = ({ metadata }: KubeObject, latestReady: string | undefined): boolean =>
  metadata.name === latestReady ||
  metadata.annotations?.[keepAnnotation]?.toLowerCase() === 'true' ||
  metadata.labels?.[routingStateLabel] !== 'reserve';

const isOld = (revision: KubeObject, now: Date): boolean =>
  now.getTime() - Date.parse(revision.metadata.creationTimestamp) >= sinceCreatedMs &&
  now.getTime() - lastActive(revision) >= sinceActiveMs;

const lastActive = ({ metadata }: KubeObject): number =>
  Date.parse(metadata.annotations?.[routingModifiedAnnotation] ?? metadata.creationTimestamp);
