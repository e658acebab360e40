/** Counts of requests by how long they took: `counts[i]` within (`bounds[i - 1]`, `bounds[i]`], the last one beyond all; seconds. */
export interface Histogram {
  bounds: readonly number[];
  counts: readonly number[];
}

/** What one revision answered over some time. */
export interface Side {
  requests: number;
  /** Answers of 500 and above. */
  errors: number;
  latency: Histogram;
  /** What became of the events among them. */
  deliveries: Deliveries;
}

/** Attempts to deliver an event. */
export interface Deliveries {
  all: number;
  /** Not taken, and tried again, here or at the other side. */
  retried: number;
  /** Not taken, and given up: dead letters. */
  failed: number;
  /** Of those not taken, what `errors` does not count: refused with a code below 500, or not answered in time. */
  refused: number;
}

export interface Pair {
  stable: Side;
  candidate: Side;
}

/** What was read later, less what was read before; undefined where a counter fell, which began anew in between. */
export const since = (before: Side, now: Side): Side | undefined => {
  const counts = now.latency.counts.map((count, i) => count - (before.latency.counts[i] ?? 0));
  const sameBounds = before.latency.bounds.join() === now.latency.bounds.join();
  if (!sameBounds && before.requests > 0) return undefined;
  const requests = now.requests - before.requests;
  const errors = now.errors - before.errors;
  const deliveries = eachDelivery((key) => now.deliveries[key] - before.deliveries[key]);
  if ([requests, errors, ...counts, ...Object.values(deliveries)].some((count) => count < 0))
    return undefined;
  return { requests, errors, latency: { bounds: now.latency.bounds, counts }, deliveries };
};

export const sum = (a: Side, b: Side): Side => {
  const wider = a.latency.counts.length >= b.latency.counts.length ? a.latency : b.latency;
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    latency: {
      bounds: wider.bounds,
      counts: wider.counts.map((_, i) => (a.latency.counts[i] ?? 0) + (b.latency.counts[i] ?? 0)),
    },
    deliveries: eachDelivery((key) => a.deliveries[key] + b.deliveries[key]),
  };
};

const eachDelivery = (count: (key: keyof Deliveries) => number): Deliveries => ({
  all: count('all'),
  retried: count('retried'),
  failed: count('failed'),
  refused: count('refused'),
});

export const noDeliveries: Deliveries = eachDelivery(() => 0);

export const nothing: Side = {
  requests: 0,
  errors: 0,
  latency: { bounds: [], counts: [] },
  deliveries: noDeliveries,
};

/** The upper bound of the bucket that holds the quantile: never below the true one. Undefined without requests, Infinity beyond all. */
export const quantile = ({ bounds, counts }: Histogram, q: number): number | undefined => {
  const total = counts.reduce((all, count) => all + count, 0);
  if (total === 0) return undefined;
  let below = 0;
  for (const [i, count] of counts.entries()) {
    below += count;
    if (below >= q * total) return bounds[i] ?? Number.POSITIVE_INFINITY;
  }
  return Number.POSITIVE_INFINITY;
};
