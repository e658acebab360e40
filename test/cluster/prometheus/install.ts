import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findTool } from '../../acceptance/support/tools.ts';
import { imageOf } from '../image.ts';
import { kubectl } from '../lab.ts';

/** As `kagari rollout --prometheus` takes it. */
export const prometheus = 'prometheus/prometheus:9090';

/** Debian's program, where it is on PATH. */
export const program = findTool('PROMETHEUS', 'prometheus');

/** A Prometheus in the lab, and queue-proxies that tell it of requests. */
export const installPrometheus = async (): Promise<void> => {
  await tellRequests('prometheus');
  const manifests = await readFile(join(import.meta.dirname, 'prometheus.yaml'), 'utf8');
  await kubectl(['apply', '-f', '-'], manifests.replaceAll('IMAGE', await buildImage()));
  await kubectl(['rollout', 'status', 'deployment/prometheus', '-n', 'prometheus', '--timeout=120s']);
};

export const removePrometheus = async (): Promise<void> => {
  await tellRequests(null);
  const names = ['namespace/prometheus', 'role/prometheus', 'rolebinding/prometheus'];
  await kubectl(['delete', ...names, '-n', 'kagari', '--ignore-not-found', '--wait=false']);
};

/** By a protocol, or not at all; the command stands in docs/rollout.md. */
const tellRequests = (protocol: 'prometheus' | null) =>
  kubectl([
    ...['patch', 'configmap', 'config-observability', '-n', 'knative-serving', '--type=merge', '-p'],
    JSON.stringify({ data: { 'request-metrics-protocol': protocol } }),
  ]);

const buildImage = (): Promise<string> => {
  const ours = ['Dockerfile', 'targets.mjs'].map((file) => join(import.meta.dirname, file));
  return imageOf('prometheus', { files: [...ours, `${program}`] });
};
