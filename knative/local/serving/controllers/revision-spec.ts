import { parseGoDuration } from '../../admission/durations.ts';
import type { Container, RevisionSpec as Template } from '../../admission/serving/pod-schema.ts';
import { parseScaling } from '../../admission/serving/scaling.ts';
import type { KubeObject } from '../../store/types.ts';
import type { HttpProbe, RevisionSpec } from '../ports.ts';
import { configurationLabel, deadlineAnnotation, serviceLabel } from './names.ts';

const progressDeadlineMs = 600_000;

/** What the machinery runs for a Revision whose image's digest is known. */
export const runnable = (revision: KubeObject, imageDigest: string): RevisionSpec => {
  const { name, namespace = '', labels = {}, annotations = {} } = revision.metadata;
  const spec: Template = revision.spec;
  const { command, args, readinessProbe } = spec.containers?.[0] ?? {};
  const probe = httpProbe(readinessProbe);
  const containerConcurrency = spec.containerConcurrency ?? 0;
  return {
    namespace,
    name,
    service: labels[serviceLabel] ?? '',
    configuration: labels[configurationLabel] ?? '',
    imageDigest,
    ...(command && { command }),
    ...(args && { args }),
    containerConcurrency,
    timeoutSeconds: spec.timeoutSeconds ?? 300,
    ...(probe && { readinessProbe: probe }),
    scaling: parseScaling(annotations, containerConcurrency),
  };
};

/** A period of 0 is Knative's own: as often as it can. */
const httpProbe = (probe: Container['readinessProbe']): HttpProbe | undefined => {
  if (!probe?.httpGet) return undefined;
  const path = probe.httpGet.path || '/';
  return {
    path: path.startsWith('/') ? path : `/${path}`,
    periodMs: (probe.periodSeconds ?? 0) * 1_000 || 50,
    timeoutMs: (probe.timeoutSeconds || 1) * 1_000,
    failureThreshold: probe.failureThreshold || 3,
  };
};

/** How long a new Revision may take until a pod of it is ready. */
export const progressDeadlineOf = ({ metadata }: KubeObject): number =>
  parseGoDuration(metadata.annotations?.[deadlineAnnotation] ?? '') || progressDeadlineMs;

/** The image that a Revision names, and its digest as its status has it. */
export const imageOf = ({ spec }: KubeObject): string => spec.containers?.[0]?.image ?? '';
export const resolvedDigest = ({ status }: KubeObject): string | undefined =>
  status?.containerStatuses?.[0]?.imageDigest?.split('@')[1];
