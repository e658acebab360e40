import type { Histogram, Registry } from 'prom-client';

/** Adds one duration, in seconds, under its labels' values in the order declared. */
export type Observe = (labels: string[], seconds: number) => void;

export interface Metrics {
  /** Declares a histogram of durations; call once a name. */
  durations(name: string, help: string, labels: string[]): Observe;
  /** Prometheus' text format and its content type. */
  text(): Promise<{ contentType: string; body: string }>;
}

interface Declared {
  name: string;
  help: string;
  labels: string[];
  early: [string[], number][];
  histogram?: Histogram;
}

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** prom-client costs a cold start some 11 ms: it is loaded when the first answer is long out. */
const loadAfterMs = 1_000;

export const createMetrics = ({ service, revision }: { service: string; revision: string }): Metrics => {
  const all: Declared[] = [];
  let registry: Promise<Registry> | undefined;

  const load = () => {
    registry ??= import('prom-client').then(({ collectDefaultMetrics, Histogram, Registry }) => {
      const made = new Registry();
      made.setDefaultLabels({ service, revision });
      collectDefaultMetrics({ register: made });
      for (const declared of all) start(declared, made, Histogram);
      return made;
    });
    return registry;
  };

  return {
    durations(name, help, labels) {
      const declared: Declared = { name, help, labels, early: [] };
      all.push(declared);
      return (values, seconds) => {
        if (declared.histogram) return declared.histogram.labels(...values).observe(seconds);
        if (!registry && declared.early.length === 0) setTimeout(load, loadAfterMs).unref();
        declared.early.push([values, seconds]);
      };
    },
    async text() {
      const loaded = await load();
      return { contentType: loaded.contentType, body: await loaded.metrics() };
    },
  };
};

const start = (declared: Declared, registry: Registry, Kind: typeof Histogram) => {
  const { name, help, labels, early } = declared;
  declared.histogram = new Kind({ name, help, labelNames: labels, buckets, registers: [registry] });
  for (const [values, seconds] of early.splice(0)) declared.histogram.labels(...values).observe(seconds);
};
