import { sameJson } from '../../store/json.ts';
import type { KubeObject, NewObject, Reader } from '../../store/types.ts';
import {
  childName,
  configurationLabel,
  configurationUidLabel,
  creatorAnnotation,
  generationLabel,
  modifierAnnotation,
  revisionKind,
  routesAnnotation,
  routingModifiedAnnotation,
  routingStateLabel,
  serviceLabel,
  serviceUidLabel,
  timestamp,
} from './names.ts';
import { controlledBy, isControlledBy } from './owner.ts';

/** The name of the Revision for what a Configuration says now: the template's own, or NAME-00001. */
export const revisionName = ({ metadata, spec }: KubeObject): string =>
  spec.template.metadata?.name ??
  childName(metadata.name, `-${String(metadata.generation).padStart(5, '0')}`);

/** The Revision that a Configuration's template calls for by name; `free` where none is, `taken` where it is another's. */
export const namedRevision = (
  read: Reader,
  configuration: KubeObject,
): KubeObject | 'free' | 'taken' | undefined => {
  const { template } = configuration.spec;
  if (!template.metadata?.name) return undefined;
  const found = read.get(revisionKind, configuration.metadata.namespace, template.metadata.name);
  if (!found) return 'free';
  const mine = isControlledBy(found, configuration);
  const current = found.metadata.labels?.[generationLabel] === String(configuration.metadata.generation);
  return mine && (current || sameJson(found.spec, template.spec)) ? found : 'taken';
};

/** A new Revision of a Configuration, as it says now. */
export const revisionOf = (configuration: KubeObject): NewObject => {
  const { metadata } = configuration;
  const { template } = configuration.spec;
  const routes = metadata.annotations?.[routesAnnotation];
  const service = metadata.labels?.[serviceLabel];
  const serviceUid = metadata.labels?.[serviceUidLabel];
  const creator = metadata.annotations?.[modifierAnnotation];
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Revision',
    metadata: {
      name: revisionName(configuration),
      namespace: metadata.namespace ?? '',
      labels: {
        ...template.metadata?.labels,
        [configurationLabel]: metadata.name,
        [configurationUidLabel]: metadata.uid,
        [generationLabel]: String(metadata.generation),
        ...(service && { [serviceLabel]: service }),
        ...(serviceUid && { [serviceUidLabel]: serviceUid }),
        // pending: no route has said yet whether it leads here
        [routingStateLabel]: routes ? 'active' : 'pending',
      },
      annotations: {
        ...template.metadata?.annotations,
        ...(creator && { [creatorAnnotation]: creator }),
        ...(routes && { [routesAnnotation]: routes }),
        [routingModifiedAnnotation]: timestamp(),
      },
      ownerReferences: [controlledBy(configuration)],
    },
    spec: template.spec,
  };
};
