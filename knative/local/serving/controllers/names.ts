import { createHash } from 'node:crypto';
import type { Kind } from '../../store/types.ts';

export const serviceKind: Kind = 'Service.serving.knative.dev';
export const configurationKind: Kind = 'Configuration.serving.knative.dev';
export const revisionKind: Kind = 'Revision.serving.knative.dev';
export const routeKind: Kind = 'Route.serving.knative.dev';
export const domainMappingKind: Kind = 'DomainMapping.serving.knative.dev';

const group = 'serving.knative.dev/';

export const serviceLabel = `${group}service`;
export const serviceUidLabel = `${group}serviceUID`;
export const configurationLabel = `${group}configuration`;
export const configurationUidLabel = `${group}configurationUID`;
export const generationLabel = `${group}configurationGeneration`;
export const routingStateLabel = `${group}routingState`;
export const visibilityLabel = 'networking.knative.dev/visibility';

export const routesAnnotation = `${group}routes`;
export const routingModifiedAnnotation = `${group}routingStateModified`;
export const creatorAnnotation = `${group}creator`;
export const modifierAnnotation = `${group}lastModifier`;
export const keepAnnotation = `${group}no-gc`;
export const deadlineAnnotation = `${group}progress-deadline`;
export const rolloutAnnotations = [`${group}rollout-duration`, `${group}rolloutDuration`];
export const appliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

const longestLabel = 63;
const digestLength = 32;

/** kmeta.ChildName, for a short suffix: where both are longer than a label, the parent's digest stands for its end. */
export const childName = (parent: string, suffix: string): string => {
  if (parent.length + suffix.length <= longestLabel) return parent + suffix;
  const head = parent.slice(0, longestLabel - digestLength - suffix.length);
  return `${head}${createHash('md5').update(parent).digest('hex')}${suffix}`;
};

/** The names in a comma-separated annotation. */
export const namesIn = (value: string | undefined): string[] =>
  (value ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);

export const timestamp = (date = new Date()): string => `${date.toISOString().slice(0, 19)}Z`;
