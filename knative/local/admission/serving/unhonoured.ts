import type { Container, RevisionSpec } from './pod-schema.ts';

type Fields<T> = { [Field in keyof T]?: string };

const ofPod: Fields<RevisionSpec> = {
  affinity: 'there is one machine',
  dnsConfig: "pods use the machine's resolver",
  dnsPolicy: "pods use the machine's resolver",
  hostAliases: "pods use the machine's resolver",
  idleTimeoutSeconds: 'only timeoutSeconds ends a request',
  imagePullSecrets: 'images come from the local image store',
  nodeSelector: 'there is one machine',
  priorityClassName: 'processes have one priority',
  responseStartTimeoutSeconds: 'only timeoutSeconds ends a request',
  runtimeClassName: 'pods are processes',
  schedulerName: 'there is one machine',
  securityContext: "pods run as the runtime's user, Node's under its permission model",
  serviceAccountName: 'pods have no service account',
  shareProcessNamespace: 'pods are processes',
  tolerations: 'there is one machine',
  topologySpreadConstraints: 'there is one machine',
};

const ofContainer: Fields<Container> = {
  imagePullPolicy: 'images come from the local image store',
  livenessProbe: 'a pod that ends is started again, one that hangs is not',
  resources: 'processes are not limited',
  securityContext: "pods run as the runtime's user, Node's under its permission model",
  startupProbe: 'a pod starts when its readiness probe passes',
  terminationMessagePath: 'the last lines of the log are the message',
  workingDir: "pods start in their image's folder",
};

const ofHttpProbe: Fields<NonNullable<NonNullable<Container['readinessProbe']>['httpGet']>> = {
  host: 'a pod is asked at its own address',
  httpHeaders: 'a probe is a plain GET',
  scheme: 'a probe is plain HTTP',
};

/** What a template has that is taken and does nothing here, each with the reason. */
export const unhonoured = (spec: RevisionSpec, path = 'spec.template.spec'): string[] => {
  const container = spec.containers?.[0];
  const readiness = container?.readinessProbe;
  const at = `${path}.containers[0]`;
  return [
    ...stated(spec, ofPod, path),
    ...stated(container ?? {}, ofContainer, at),
    ...(readiness?.exec
      ? [`${at}.readinessProbe.exec is not honoured: a pod is ready when its port takes connections`]
      : []),
    ...(readiness?.grpc
      ? [`${at}.readinessProbe.grpc is not honoured: a pod is ready when its port takes connections`]
      : []),
    ...stated(readiness?.httpGet ?? {}, ofHttpProbe, `${at}.readinessProbe.httpGet`),
    ...(container?.ports?.some((port) => port.name === 'h2c')
      ? [`${at}.ports[0].name h2c is not honoured: pods are spoken to in HTTP/1.1`]
      : []),
    ...(container?.ports?.some((port) => port.containerPort)
      ? [`${at}.ports[0].containerPort is not honoured: PORT says where to listen`]
      : []),
  ];
};

const stated = <T extends object>(value: T, reasons: Fields<T>, path: string): string[] =>
  Object.entries(reasons).flatMap(([field, reason]) =>
    says(value[field as keyof T]) ? [`${path}.${field} is not honoured: ${reason}`] : [],
  );

const says = (value: unknown): boolean =>
  typeof value === 'object' && value !== null
    ? Object.values(value).some(says)
    : value !== undefined && value !== '';
