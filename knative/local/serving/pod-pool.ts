import type { Failure } from './pods/failure.ts';
import type { LogLine } from './pods/log.ts';
import { createPod, type EndLimits, type Pod, type PodMeans } from './pods/pod.ts';
import type { RevisionKey, RevisionSpec } from './ports.ts';

export interface PoolMeans extends PodMeans {
  /** How many more pods this machine takes. */
  room(): number;
  onLine(key: RevisionKey, pod: string, line: LogLine): void;
  /** A pod came, went or changed. */
  onPods(): void;
}

export interface PoolEvents {
  /** A pod is ready, or not any more. */
  onChange(pod: Pod): void;
  onFailure(pod: Pod, failure: Failure): void;
  /** The last pod has gone, for now. */
  onEmpty(): void;
}

/** The pods of one revision. */
export const createPodPool = (key: RevisionKey, spec: RevisionSpec, means: PoolMeans, events: PoolEvents) => {
  const { containerConcurrency } = spec;
  const pods = new Set<Pod>();

  const staying = () => [...pods].filter((pod) => !pod.ending);
  const hasRoom = (pod: Pod) => containerConcurrency === 0 || pod.inFlight < containerConcurrency;

  const add = (priority: 0 | 1 | 2) => {
    const pod = createPod(key, spec, { priority }, means, {
      onChange() {
        means.onPods();
        events.onChange(pod);
      },
      onFailure(failure) {
        means.onPods();
        events.onFailure(pod, failure);
      },
      onLine: (name, line) => means.onLine(key, name, line),
    });
    pods.add(pod);
    means.onPods();
  };
  const remove = async (pod: Pod, limits: EndLimits): Promise<void> => {
    await pod.end(limits);
    if (!pods.delete(pod)) return;
    means.onPods();
    if (pods.size === 0) events.onEmpty();
  };

  return {
    pods: pods as ReadonlySet<Pod>,
    /** Those that are not being ended. */
    staying,
    ready: () => staying().filter((pod) => pod.ready).length,
    /** Takes a place at the ready pod with the fewest requests in hand; undefined where none has room. */
    pick(): Pod | undefined {
      let best: Pod | undefined;
      for (const pod of pods)
        if (pod.ready && !pod.ending && hasRoom(pod) && (!best || pod.inFlight < best.inFlight)) best = pod;
      if (best) best.inFlight++;
      return best;
    },
    /** Starts or ends pods until there are as many as wanted; one at least, whatever room there is. */
    resize(wanted: number, priority: 0 | 1 | 2, limits: EndLimits): void {
      const present = staying();
      const most = present.length + Math.max(means.room(), present.length === 0 ? 1 : 0);
      for (let count = present.length; count < Math.min(wanted, most); count++) add(priority);
      // Those that serve least go first: not ready, then fewest requests, then youngest.
      const surplus = present
        .reverse()
        .sort((a, b) => Number(a.ready) - Number(b.ready) || a.inFlight - b.inFlight);
      for (const pod of surplus.slice(0, Math.max(0, present.length - wanted))) void remove(pod, limits);
    },
    remove,
    async stop(limits: EndLimits): Promise<void> {
      await Promise.all([...pods].map((pod) => remove(pod, limits)));
    },
  };
};
