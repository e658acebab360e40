import type { Container, Probe, RevisionSpec } from './pod-schema.ts';
import type { Template } from './template.ts';

/** What Knative's webhook fills in; a template that keeps its own name is left as it is. */
export const defaultTemplate = (now: Template | undefined, before: Template | undefined): Template => {
  const name = now?.metadata?.name;
  if (name && name === before?.metadata?.name) return now;
  return { ...now, spec: defaultRevisionSpec(now?.spec ?? {}) };
};

export const defaultRevisionSpec = (spec: RevisionSpec): RevisionSpec => {
  const writable = new Set(
    (spec.volumes ?? []).filter((volume) => volume.emptyDir).map((volume) => volume.name),
  );
  return {
    ...spec,
    containerConcurrency: spec.containerConcurrency ?? 0,
    timeoutSeconds: spec.timeoutSeconds || 300,
    enableServiceLinks: spec.enableServiceLinks ?? false,
    ...(spec.containers && {
      containers: spec.containers.map((container) => defaultContainer(container, writable)),
    }),
  };
};

const defaultContainer = (container: Container, writable: Set<string | undefined>): Container => ({
  ...container,
  name: container.name || 'user-container',
  resources: container.resources ?? {},
  readinessProbe: defaultReadiness(container.readinessProbe ?? {}),
  ...(container.volumeMounts && {
    volumeMounts: container.volumeMounts.map((mount) =>
      writable.has(mount.name) ? mount : { ...mount, readOnly: true },
    ),
  }),
});

const defaultReadiness = (probe: Probe): Probe => {
  const { httpGet, tcpSocket, exec, grpc } = probe;
  return {
    ...probe,
    // Go writes a port that was left out as 0
    ...(httpGet && { httpGet: { ...httpGet, port: httpGet.port ?? 0 } }),
    ...(!httpGet && !exec && !grpc && { tcpSocket: { ...tcpSocket, port: tcpSocket?.port ?? 0 } }),
    ...(grpc && { grpc: { ...grpc, service: grpc.service ?? '' } }),
    successThreshold: probe.successThreshold || 1,
    ...(probe.periodSeconds && {
      failureThreshold: probe.failureThreshold || 3,
      timeoutSeconds: probe.timeoutSeconds || 1,
    }),
  };
};
