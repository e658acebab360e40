import { createHash } from 'node:crypto';
import { createRouteTable } from '../../ingress/route-table.ts';
import { testLog } from '../../store/testing.ts';
import type { Store } from '../../store/types.ts';
import type { RevisionKey, RevisionSpec, RevisionState } from '../ports.ts';
import { createServing } from './serving.ts';

const images = new Map<string, string>();

/** The digest that stands for an image of this name; none has one that is called missing. */
export const digestOf = (image: string): string | undefined => {
  if (image.includes('missing')) return undefined;
  const digest = `sha256:${createHash('sha256').update(image).digest('hex')}`;
  images.set(digest, image);
  return digest;
};

export interface Standing {
  proven: boolean;
  scale: number;
  reachable?: boolean;
}

/**
 * Pods that are never processes: an image called `bad` exits with 1, one called `stuck` cannot be configured, one called
 * `slow` waits for `finish`, all others are ready at once.
 */
export const simulatedPods = (onState: (key: RevisionKey, state: RevisionState) => void) => {
  const revisions = new Map<RevisionKey, { spec: RevisionSpec; standing: Standing; state: RevisionState }>();
  const refreshed: RevisionKey[] = [];
  const removed: RevisionKey[] = [];
  const starts: RevisionKey[] = [];
  const tell = (key: RevisionKey, change: Partial<RevisionState>) => {
    const revision = revisions.get(key);
    if (!revision) return;
    Object.assign(revision.state, change);
    onState(key, { ...revision.state });
  };
  const start = (key: RevisionKey) => {
    starts.push(key);
    const image = images.get(revisions.get(key)?.spec.imageDigest ?? '') ?? '';
    tell(key, { desired: 1 });
    setImmediate(() => {
      if (image.includes('bad')) {
        tell(key, { failure: { reason: 'ExitCode1', message: 'Container failed with: boom', exitCode: 1 } });
      } else if (image.includes('stuck')) {
        tell(key, { failure: { reason: 'CreateContainerConfigError', message: 'secret "s" not found' } });
      } else if (!image.includes('slow')) finish(key);
    });
  };
  const finish = (key: RevisionKey) => {
    delete revisions.get(key)?.state.failure;
    tell(key, { ready: 1, proven: true });
  };
  return {
    ensure: (key: RevisionKey, spec: RevisionSpec, standing: Standing) => {
      const known = revisions.get(key);
      if (known) {
        known.standing.reachable = standing.reachable ?? true;
        return;
      }
      revisions.set(key, { spec, standing, state: { ready: 0, desired: 0, proven: standing.proven } });
      if (!standing.proven || standing.scale > 0) start(key);
      else tell(key, {});
    },
    remove: async (key: RevisionKey) => {
      removed.push(key);
      revisions.delete(key);
    },
    refreshVolumes: async (key: RevisionKey) => {
      refreshed.push(key);
    },
    finish,
    tell,
    start,
    /** As the machinery does: what was active before its start, or has been marked since, is told to be idle. */
    scaleToZero: async (markIdle: (key: RevisionKey) => Promise<void>) => {
      for (const [key, { state, standing }] of revisions) {
        if (!state.proven) continue;
        tell(key, { desired: 0, ready: 0 });
        if (standing.scale > 0) await markIdle(key);
      }
    },
    revisions,
    refreshed,
    removed,
    starts,
  };
};

/** Serving's controllers over a store, with a real route table and simulated pods. */
export const startServing = (store: Store, { port = 8080 } = {}) => {
  const table = createRouteTable();
  const log = testLog();
  const resolve = async (image: string) => digestOf(image);
  const serving = createServing({
    store,
    images: { resolve },
    table,
    domain: { name: 'localhost', port },
    log,
  });
  const pods = simulatedPods(serving.onState);
  serving.start(pods);
  /** What the ingress does with a host: its shares by Revision, undefined where it is not served. */
  const shares = (host: string): Record<string, number> | undefined => {
    const served = table.find(host);
    if (!served) return undefined;
    const counts: Record<string, number> = {};
    for (let n = 0; n < 100; n++) {
      const revision = served.choose() ?? 'none';
      counts[revision] = (counts[revision] ?? 0) + 1;
    }
    return counts;
  };
  /** Until nothing moves any more. */
  const settled = async (limit = 500) => {
    const start = Number(store.revision());
    for (let before = ''; before !== store.revision(); ) {
      before = store.revision();
      if (Number(before) - start > limit) throw new Error('the controllers never come to rest');
      await new Promise((resolve) => setTimeout(resolve, 2));
      await serving.settled();
    }
  };
  const scaleToZero = () => pods.scaleToZero(serving.markIdle);
  return { serving, pods, table, shares, settled, scaleToZero, log, stop: serving.stop };
};
