import type { RevisionKey } from '../serving/ports.ts';
import { createDeck, type Target } from './deck.ts';

export interface HostRoute {
  /** Without a port; case does not count. */
  host: string;
  /** Whether the external listener serves it. */
  public: boolean;
  targets: readonly Target[];
}

export interface Served {
  public: boolean;
  /** The revision for one request; undefined where none is ready yet. */
  choose(): RevisionKey | undefined;
}

/** Which host leads where. */
export interface RouteTable {
  /**
   * All that one owner (a Route's `NAMESPACE/NAME`, a DomainMapping's) serves from now on, in one step. Answers the hosts that
   * it does not get because another owner has them.
   */
  put(owner: string, routes: readonly HostRoute[]): string[];
  remove(owner: string): void;
  /** By a Host field's value. */
  find(host: string): Served | undefined;
}

interface Entry extends Served {
  owner: string;
  targets: string;
}

export const createRouteTable = (): RouteTable => {
  let entries = new Map<string, Entry>();

  const without = (owner: string) => new Map([...entries].filter(([, entry]) => entry.owner !== owner));

  return {
    put(owner, routes) {
      const next = without(owner);
      const refused: string[] = [];
      for (const route of routes) {
        const host = hostName(route.host);
        if (next.has(host)) {
          refused.push(route.host);
          continue;
        }
        const targets = JSON.stringify(route.targets);
        const before = entries.get(host);
        // The same shares go on where they were, so that they stay exact when something else of the owner's changes.
        const choose =
          before?.owner === owner && before.targets === targets ? before.choose : createDeck(route.targets);
        next.set(host, { owner, targets, public: route.public, choose });
      }
      entries = next;
      return refused;
    },
    remove(owner) {
      entries = without(owner);
    },
    find: (host) => entries.get(host) ?? entries.get(hostName(host)),
  };
};

/** A Host field's value without its port and the root's dot. */
export const hostName = (host: string): string => host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
