import type { Sample } from './samples.ts';

/**
 * Counters of pods, which come and go and begin anew, as counters that never fall: what a pod that has gone had answered
 * stays, and what one that comes had answered before it was first seen counts for nobody (it may have missed one look only).
 */
export const createPodCounters = (podLabel: string) => {
  const pods = new Set<string>();
  const series = new Map<string, { labels: Sample['labels']; now: number; counted: number }>();

  return {
    /** Takes what pods tell now, those that are there by their scrapes, and answers all that was counted of each. */
    add(scrapes: readonly Sample[], samples: readonly Sample[]): Sample[] {
      const isFirst = pods.size === 0;
      for (const { labels, value } of samples) {
        const key = JSON.stringify(Object.entries(labels).sort());
        const before = series.get(key);
        const wasThere = isFirst || pods.has(labels[podLabel] ?? '');
        const counted = before ? before.counted + gain(before.now, value) : wasThere ? value : 0;
        series.set(key, { labels, now: value, counted });
      }
      for (const { labels } of scrapes) pods.add(labels[podLabel] ?? '');
      return [...series.values()].map(({ labels, counted }) => ({ labels, value: counted }));
    },
  };
};

const gain = (before: number, now: number): number => (now < before ? now : now - before);
