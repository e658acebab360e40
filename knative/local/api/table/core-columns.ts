import type { Kind, KubeObject } from '../../store/types.ts';
import { age, type Column, integer, since, text } from './column.ts';

const count = (field: string) => (object: KubeObject) => Object.keys(object[field] ?? {}).length;
const none = (value: unknown) => (value === undefined || value === '' ? '<none>' : value);
const wide = { priority: 1 };

/** The columns that a Kubernetes API server prints for its own kinds. */
export const coreColumns: Record<Kind, Column[]> = {
  Namespace: [
    text('Status', (object) => (object.metadata.deletionTimestamp ? 'Terminating' : 'Active')),
    age(),
  ],
  ConfigMap: [integer('Data', (object) => count('data')(object) + count('binaryData')(object)), age()],
  Secret: [text('Type', (object) => object.type), integer('Data', count('data')), age()],
  Service: [
    text('Type', (object) => object.spec?.type ?? 'ClusterIP'),
    text('Cluster-IP', (object) => none(object.spec?.clusterIP)),
    text('External-IP', (object) => none(object.spec?.externalName)),
    text('Port(s)', portsOf),
    age(),
    text('Selector', (object) => none(pairs(object.spec?.selector)), wide),
  ],
  Pod: [
    text('Ready', ({ spec, status }) => {
      const ready = status?.containerStatuses?.filter((container: { ready: boolean }) => container.ready);
      return `${ready?.length ?? 0}/${spec?.containers?.length ?? 0}`;
    }),
    text('Status', podStatus),
    text('Restarts', (object) => object.status?.containerStatuses?.[0]?.restartCount ?? 0),
    age(),
    text('IP', (object) => none(object.status?.podIP), wide),
    text('Node', (object) => none(object.spec?.nodeName), wide),
    text('Nominated Node', () => '<none>', wide),
    text('Readiness Gates', () => '<none>', wide),
  ],
  Node: [
    text('Status', () => 'Ready'),
    text('Roles', () => '<none>'),
    age(),
    text('Version', (object) => object.status?.nodeInfo?.kubeletVersion),
    text('Internal-IP', (object) => object.status?.addresses?.[0]?.address, wide),
    text('External-IP', () => '<none>', wide),
    text('OS-Image', (object) => object.status?.nodeInfo?.osImage, wide),
    text('Kernel-Version', (object) => object.status?.nodeInfo?.kernelVersion, wide),
    text('Container-Runtime', (object) => object.status?.nodeInfo?.containerRuntimeVersion, wide),
  ],
  'CustomResourceDefinition.apiextensions.k8s.io': [
    { ...text('Created At', (object) => object.metadata.creationTimestamp), type: 'date' },
  ],
};

/** Without the name in front, as Kubernetes prints Events. */
export const eventColumns: Column[] = [
  { ...age(), name: 'Last Seen', cell: (object, now) => since(lastSeen(object), now) },
  text('Type', (object) => object.type),
  text('Reason', (object) => object.reason),
  text('Object', ({ involvedObject: about }) => `${about?.kind?.toLowerCase() ?? ''}/${about?.name ?? ''}`),
  text('Subobject', (object) => object.involvedObject?.fieldPath, wide),
  text('Source', (object) => object.source?.component, wide),
  text('Message', (object) => object.message?.trim()),
  { ...age(), name: 'First Seen', priority: 1, cell: (object, now) => since(object.firstTimestamp, now) },
  { ...integer('Count', (object) => object.count ?? 1), priority: 1 },
  text('Name', (object) => object.metadata.name, wide),
];

function lastSeen(event: KubeObject): string | undefined {
  return event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp;
}

function podStatus({ metadata, status }: KubeObject): string {
  if (metadata.deletionTimestamp) return 'Terminating';
  const { state = {} } = status?.containerStatuses?.[0] ?? {};
  return state.waiting?.reason ?? state.terminated?.reason ?? status?.reason ?? status?.phase ?? 'Unknown';
}

function portsOf({ spec }: KubeObject): string {
  const ports: { port: number; nodePort?: number; protocol?: string }[] = spec?.ports ?? [];
  const shown = ports.map(
    ({ port, nodePort, protocol = 'TCP' }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`,
  );
  return shown.join(',') || '<none>';
}

const pairs = (map: Record<string, string> = {}) =>
  Object.entries(map)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
