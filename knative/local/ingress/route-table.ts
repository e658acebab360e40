import type { RevisionKey } from '../serving/ports.ts';
import type { HostRoute } from './ports.ts';

export interface RouteTable {
  /** Takes these routes in place of all there were; a route that did not change keeps its turn. */
  replace(routes: readonly HostRoute[]): void;
  /** Whose turn it is at a host; undefined where nobody of that visibility answers. */
  pick(host: string, from: 'external' | 'internal'): RevisionKey | undefined;
  has(host: string): boolean;
}

interface Share {
  revision: RevisionKey;
  percent: number;
  credit: number;
}

interface Entry {
  external: boolean;
  shape: string;
  shares: Share[];
}

/** Hosts to revisions. Among n requests each revision gets its percent to within one. */
export const createRouteTable = (): RouteTable => {
  let entries = new Map<string, Entry>();
  return {
    replace(routes) {
      const next = new Map<string, Entry>();
      for (const route of routes) {
        const shape = JSON.stringify(route);
        const standing = entries.get(route.host);
        next.set(route.host, standing?.shape === shape ? standing : entryOf(route, shape));
      }
      entries = next;
    },
    pick(host, from) {
      const entry = entries.get(host);
      if (!entry || (from === 'external' && !entry.external)) return undefined;
      return takeTurn(entry.shares);
    },
    has: (host) => entries.has(host),
  };
};

const entryOf = ({ visibility, targets }: HostRoute, shape: string): Entry => ({
  external: visibility === 'external',
  shape,
  shares: targets
    .filter(({ percent }) => percent > 0)
    .map(({ revision, percent }) => ({ revision, percent, credit: 0 })),
});

// Smooth weighted round robin: no two requests need chance, and 90/10 is 9 and 1 among any ten.
const takeTurn = (shares: Share[]): RevisionKey | undefined => {
  let [chosen] = shares;
  if (!chosen || shares.length === 1) return chosen?.revision;
  let total = 0;
  for (const share of shares) {
    share.credit += share.percent;
    total += share.percent;
    if (share.credit > chosen.credit) chosen = share;
  }
  chosen.credit -= total;
  return chosen.revision;
};
