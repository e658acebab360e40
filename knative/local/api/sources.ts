import type { Kind, Log, Store } from '../store/types.ts';
import { definitionSource } from './catalogue/definitions.ts';
import { resources } from './catalogue/resources.ts';
import type { Measure, Pods, Source } from './ports.ts';
import { nodeMetricsSource } from './views/node-metrics.ts';
import { nodeSource } from './views/nodes.ts';
import { podMetricsSource } from './views/pod-metrics.ts';
import { createPodSource } from './views/pod-source.ts';

export interface SourceParts {
  store: Store;
  pods: Pods;
  measure: Measure;
  log: Log;
}

/** What every kind is read from. */
export const createSources = ({ store, pods, measure, log }: SourceParts) => {
  const since = new Date();
  const podSource = createPodSource({ pods, store, log });
  const sources = new Map<Kind, Source>([
    ...resources.filter(({ stored }) => stored).map(({ kind }) => [kind, storedSource(store, kind)] as const),
    ['Pod', podSource],
    ['Node', nodeSource(since)],
    ['CustomResourceDefinition.apiextensions.k8s.io', definitionSource(since)],
    ['PodMetrics.metrics.k8s.io', podMetricsSource(pods, podSource, measure)],
    ['NodeMetrics.metrics.k8s.io', nodeMetricsSource()],
  ]);
  return {
    of: (kind: Kind): Source => {
      const source = sources.get(kind);
      if (!source) throw new Error(`nothing to read ${kind} from`);
      return source;
    },
    stop: podSource.stop,
  };
};

const storedSource = (store: Store, kind: Kind): Source => ({
  get: (namespace, name) => store.get(kind, namespace, name),
  list: (namespace) => store.list(kind, namespace),
  revision: store.revision,
  watch: (from, listener) => store.watch(kind, from, listener),
});
