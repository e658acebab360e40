import { cpus, freemem, totalmem } from 'node:os';
import type { KubeObject } from '../../store/types.ts';
import type { Source } from '../ports.ts';
import { nodeName } from './pod-object.ts';
import { rates } from './rates.ts';

/** metrics.k8s.io NodeMetrics: what everything on this machine uses. */
export const nodeMetricsSource = (): Source => {
  const rateOf = rates();
  const bootedAt = Date.now() - process.uptime() * 1000;
  const atStart = busySeconds();

  const metrics = (): KubeObject => {
    const now = Date.now();
    const { cores, windowMs } = rateOf(nodeName, busySeconds() - atStart, now, bootedAt);
    const time = `${new Date(now).toISOString().slice(0, 19)}Z`;
    return {
      apiVersion: 'metrics.k8s.io/v1beta1',
      kind: 'NodeMetrics',
      metadata: { name: nodeName, creationTimestamp: time } as never,
      timestamp: time,
      window: `${(windowMs / 1000).toFixed(3)}s`,
      usage: {
        cpu: `${Math.round(cores * 1e9)}n`,
        memory: `${Math.ceil((totalmem() - freemem()) / 1024)}Ki`,
      },
    };
  };
  return {
    get: (_, name) => (name === nodeName ? metrics() : undefined),
    list: () => [metrics()],
    revision: () => '',
  };
};

const busySeconds = (): number =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;
