import type { HostRoute } from '../../ingress/route-table.ts';
import type { KubeObject } from '../../store/types.ts';
import type { RevisionKey } from '../ports.ts';
import { type Domain, externalHost, internalHosts, isClusterLocal } from './address.ts';
import type { Assigned } from './traffic.ts';

/** All that the ingress serves for a Route: its own name by shares, each tag's name whole, outside and inside. */
export const hostsOf = (route: KubeObject, traffic: readonly Assigned[], domain: Domain): HostRoute[] => {
  if (traffic.length === 0) return [];
  const tags = new Set(traffic.flatMap(({ tag }) => (tag ? [tag] : [])));
  return [undefined, ...tags].flatMap((tag) => {
    const targets = sharesOf(
      route,
      tag === undefined ? traffic : traffic.filter((target) => target.tag === tag),
    );
    const outside = isClusterLocal(route)
      ? []
      : [{ host: externalHost(route, tag, domain), public: true, targets }];
    return [...outside, ...internalHosts(route, tag).map((host) => ({ host, public: false, targets }))];
  });
};

/** One share a Revision; a single one gets all. */
const sharesOf = ({ metadata }: KubeObject, traffic: readonly Assigned[]): HostRoute['targets'] => {
  const shares = new Map<RevisionKey, number>();
  for (const { revisionName, percent } of traffic) {
    const key: RevisionKey = `${metadata.namespace ?? ''}/${revisionName}`;
    shares.set(key, (shares.get(key) ?? 0) + percent);
  }
  const targets = [...shares].map(([revision, percent]) => ({ revision, percent }));
  return targets.length === 1
    ? targets.map((target) => ({ ...target, percent: 100 }))
    : targets.filter(({ percent }) => percent > 0);
};
