import type { KubeObject } from '../../knative/local/store/types.ts';
import type { RolloutRecord } from './record.ts';

export interface TrafficTarget {
  revisionName?: string;
  latestRevision?: boolean;
  percent?: number;
  tag?: string;
}

export const candidateTag = 'candidate';

/** The traffic that a rollout has written, or writes next, at what its record says. */
export const trafficOf = (record: RolloutRecord): TrafficTarget[] => {
  const tags = record.tags.map((one) => ({ ...one, latestRevision: false, percent: 0 }));
  return [...sharesOf(record), ...tags];
};

/** The same as the Service says it once it has moved: the latest revision by its name. */
export const targetsOf = (record: RolloutRecord): TrafficTarget[] =>
  trafficOf(record).map((target) =>
    target.latestRevision ? { ...target, revisionName: record.candidate ?? '' } : target,
  );

const sharesOf = ({ phase, towards, stable, candidate, settings, step }: RolloutRecord): TrafficTarget[] => {
  const pinned = (percent: number) => ({ revisionName: stable, latestRevision: false, percent });
  const shared = (percent: number) => {
    const mine = { revisionName: candidate ?? '', latestRevision: false, percent, tag: candidateTag };
    return [pinned(100 - percent), mine];
  };
  switch (phase) {
    case 'checking':
      return [pinned(100), { latestRevision: true, percent: 0, tag: candidateTag }];
    // By key, requests stay with the stable side, and events come by the tag's address.
    case 'shifting':
      return shared(settings.byKey ? 0 : (settings.steps[step] ?? 0));
    case 'returning':
      return shared(towards === 'promoted' ? 100 : 0);
    case 'promoted':
      return [{ latestRevision: true, percent: 100 }];
    default:
      return [pinned(100)];
  }
};

/** In words: `orders-00001 95%, orders-00002 5% (candidate)`. */
export const sayTraffic = (traffic: readonly TrafficTarget[] = []): string =>
  traffic
    .map(({ revisionName, percent = 0, tag }) => {
      const share = `${revisionName ?? 'the latest'} ${percent}%`;
      return tag ? `${share} (${tag})` : share;
    })
    .join(', ') || 'the latest 100%';

/** The one revision that gets everything, and tags beside it; throws where several share. */
export const currentTraffic = (
  service: KubeObject,
): { stable: string; tags: { revisionName: string; tag: string }[] } => {
  const targets: TrafficTarget[] = service.status?.traffic ?? [];
  const all = targets.filter(({ percent = 0 }) => percent > 0);
  const stables = [...new Set(all.map(({ revisionName }) => revisionName))];
  const [stable] = stables;
  if (stable === undefined || stables.length > 1)
    throw new Error(
      `the traffic of ${service.metadata.name} goes to ${sayTraffic(targets)}: a rollout starts from one revision that gets all of it (kagari rollback leads there)`,
    );
  const tags = targets.flatMap(({ revisionName, tag }) =>
    tag !== undefined && tag !== candidateTag && revisionName ? [{ revisionName, tag }] : [],
  );
  return { stable, tags };
};

/** Whether two lists of targets mean the same, in whatever order. */
export const sameTraffic = (a: readonly TrafficTarget[] = [], b: readonly TrafficTarget[] = []): boolean =>
  canonical(a) === canonical(b);

const canonical = (traffic: readonly TrafficTarget[]): string =>
  traffic
    .map(({ revisionName, percent = 0, tag = '' }) => `${revisionName ?? 'latest'} ${percent} ${tag}`)
    .sort()
    .join();
