import type { KubeObject } from '../../knative/local/store/types.ts';
import { kindOf } from './overlay.ts';

/** How far an object is: ready, or the condition that says why not. */
export type Readiness = { ready: true } | { ready: false; condition: string; why: string; failed: boolean };

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

/** Undefined for what has no readiness, such as a ConfigMap. */
export const readinessOf = (object: KubeObject): Readiness | undefined => {
  const kind = kindOf(object);
  if (kind === 'Job.batch') return jobReadiness(object);
  if (kind === 'StatefulSet.apps' || kind === 'Deployment.apps') return workloadReadiness(object);
  return knative.test(kind) ? conditionReadiness(object) : undefined;
};

/** Whether objects of this kind are waited for. */
export const hasReadiness = (object: { apiVersion: string; kind: string }): boolean =>
  /^(Job\.batch|(StatefulSet|Deployment)\.apps)$/.test(kindOf(object)) || knative.test(kindOf(object));

const knative = /^(\w+)\.(serving|eventing|sources)\.knative\.dev$/;

/** Ready's own words, or where it has none those of the first condition that has. */
const conditionReadiness = ({ metadata, status }: KubeObject): Readiness => {
  const conditions: Condition[] = status?.conditions ?? [];
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (!ready) return waiting('Ready', 'no status yet');
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return waiting('Ready', 'its controller has not seen the last change yet');
  if (ready.status === 'True') return { ready: true };
  const telling =
    [ready, ...conditions].find(({ status, reason, message }) => status !== 'True' && (reason || message)) ??
    ready;
  const words = [telling.reason, telling.message].filter(Boolean).join(': ') || 'without a reason';
  return {
    ready: false,
    condition: `${telling.type} is ${telling.status}`,
    why: words,
    failed: ready.status === 'False',
  };
};

const jobReadiness = ({ status }: KubeObject): Readiness => {
  const conditions: Condition[] = status?.conditions ?? [];
  if (conditions.some(({ type, status }) => type === 'Complete' && status === 'True')) return { ready: true };
  const failed = conditions.find(({ type, status }) => type === 'Failed' && status === 'True');
  if (failed)
    return {
      ready: false,
      condition: 'Failed is True',
      why: `${failed.reason}: ${failed.message}`,
      failed: true,
    };
  return waiting('Complete', 'it has not ended');
};

const workloadReadiness = ({ metadata, spec, status }: KubeObject): Readiness => {
  const wanted = spec.replicas ?? 1;
  const seen = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  const ready = status?.readyReplicas ?? 0;
  const updated = status?.updatedReplicas ?? 0;
  if (seen && ready >= wanted && updated >= wanted) return { ready: true };
  return waiting('readyReplicas', `${Math.min(ready, updated)} of ${wanted} pods are ready`);
};

const waiting = (condition: string, why: string): Readiness => ({
  ready: false,
  condition: `${condition} is not True`,
  why,
  failed: false,
});
