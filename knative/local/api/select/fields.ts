import type { Kind, KubeObject } from '../../store/types.ts';
import { metadataFields, type SelectableFields } from './field-selector.ts';

const about = (field: string) => (event: KubeObject) => event.involvedObject?.[field];

/** The fields, besides metadata's, that Kubernetes selects its own kinds by. */
const own: Record<Kind, SelectableFields> = {
  Event: {
    ...Object.fromEntries(
      ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map((field) => [
        `involvedObject.${field}`,
        about(field),
      ]),
    ),
    reason: (event) => event.reason,
    reportingComponent: (event) => event.reportingComponent,
    source: (event) => event.source?.component ?? event.reportingComponent,
    type: (event) => event.type,
  },
  Secret: { type: (secret) => secret.type },
  Namespace: {
    'status.phase': (namespace) => (namespace.metadata.deletionTimestamp ? 'Terminating' : 'Active'),
  },
  Pod: {
    'spec.nodeName': (pod) => pod.spec?.nodeName,
    'spec.restartPolicy': (pod) => pod.spec?.restartPolicy,
    'status.phase': (pod) => pod.status?.phase,
    'status.podIP': (pod) => pod.status?.podIP,
  },
};

export const selectableFields = (kind: Kind): SelectableFields => ({ ...metadataFields, ...own[kind] });
