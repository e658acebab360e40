import type { PodView } from '../../serving/ports.ts';
import type { KubeObject } from '../../store/types.ts';
import type { Measure, Pods, Source } from '../ports.ts';
import { containerName, revisionOf } from './pod-object.ts';
import { rates } from './rates.ts';

/** metrics.k8s.io PodMetrics: processor use since the last time someone asked, or since the pod's start. */
export const podMetricsSource = (
  pods: Pick<Pods, 'pods'>,
  podObjects: Pick<Source, 'get'>,
  measure: Measure,
): Source => {
  const rateOf = rates();
  let metrics: KubeObject[] = [];

  const refresh = async () => {
    const running = pods.pods().filter((view) => view.pid !== undefined && view.phase !== 'Pending');
    const usage = await measure(running.flatMap(({ pid }) => pid ?? []));
    const now = Date.now();
    metrics = running.flatMap((view) => {
      const used = usage.get(view.pid ?? 0);
      if (!used) return [];
      const { cores, windowMs } = rateOf(
        `${view.name}/${view.pid}`,
        used.cpuSeconds,
        now,
        view.startedAt.getTime(),
      );
      const usages = {
        cpu: `${Math.round(cores * 1e9)}n`,
        memory: `${Math.ceil(used.memoryBytes / 1024)}Ki`,
      };
      return [metricsOf(view, usages, { now, windowMs })];
    });
    rateOf.forgetBefore(now - 3_600_000);
  };

  const metricsOf = (
    view: PodView,
    usage: object,
    { now, windowMs }: { now: number; windowMs: number },
  ): KubeObject => {
    const { namespace } = revisionOf(view);
    const labels = podObjects.get(namespace, view.name)?.metadata.labels;
    const time = `${new Date(now).toISOString().slice(0, 19)}Z`;
    return {
      apiVersion: 'metrics.k8s.io/v1beta1',
      kind: 'PodMetrics',
      metadata: { name: view.name, namespace, creationTimestamp: time, ...(labels && { labels }) } as never,
      timestamp: time,
      window: `${(windowMs / 1000).toFixed(3)}s`,
      containers: [{ name: containerName, usage }],
    };
  };

  return {
    refresh,
    get: (namespace, name) =>
      metrics.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace),
    list: (namespace) =>
      metrics.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace),
    revision: () => '',
  };
};
