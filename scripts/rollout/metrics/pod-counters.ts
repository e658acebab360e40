import type { Sample } from './samples.ts';

/** Whose a counter is: no two pods are called alike, and a pod is of one revision. */
export const podLabel = 'k8s_pod_name';

/**
 * Counters of pods, which come and go and begin anew, as counters that never fall: what a pod that has gone had answered
 * stays, and what one that comes had answered before it was first seen counts for nobody (it may have missed one look only).
 */
export const createPodCounters = () => {
  const pods = new Set<string>();
  const series = new Map<string, { labels: Sample['labels']; now: number; counted: number }>();

  return {
    /** Takes what `present` pods tell now, and answers all that was counted of each. */
    add(present: readonly string[], samples: readonly Sample[]): Sample[] {
      const isFirst = pods.size === 0;
      for (const { labels, value } of samples) {
        const key = JSON.stringify(Object.entries(labels).sort());
        const before = series.get(key);
        const wasThere = isFirst || pods.has(labels[podLabel] ?? '');
        const counted = before ? before.counted + gain(before.now, value) : wasThere ? value : 0;
        series.set(key, { labels, now: value, counted });
      }
      for (const pod of present) pods.add(pod);
      return [...series.values()].map(({ labels, counted }) => ({ labels, value: counted }));
    },
  };
};

const gain = (before: number, now: number): number => (now < before ? now : now - before);
