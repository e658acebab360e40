import type { Scaling } from '../../serving/ports.ts';
import { parseGoDuration } from '../durations.ts';
import { similar } from '../similar.ts';

export type Annotations = Record<string, string>;

export const group = 'autoscaling.knative.dev/';

/** The annotations by their names without the group; Knative still reads the older names in camel case. */
const known = [
  'class',
  'metric',
  'metric-aggregation-algorithm',
  'min-scale',
  'max-scale',
  'initial-scale',
  'activation-scale',
  'target',
  'target-utilization-percentage',
  'target-burst-capacity',
  'window',
  'panic-window-percentage',
  'panic-threshold-percentage',
  'scale-down-delay',
  'scale-to-zero-pod-retention-period',
] as const;
export type Name = (typeof known)[number];

const camelCase = (name: string) => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

export const find = (annotations: Annotations, name: Name): { key: string; value: string } | undefined => {
  for (const key of [`${group}${name}`, `${group}${camelCase(name)}`]) {
    const value = annotations[key];
    if (value !== undefined) return { key, value };
  }
  return undefined;
};

const numberOf = (annotations: Annotations, name: Name, otherwise: number): number => {
  const found = find(annotations, name);
  return found ? Number(found.value) : otherwise;
};

const durationOf = (annotations: Annotations, name: Name, otherwise: number): number => {
  const found = find(annotations, name);
  return (found && parseGoDuration(found.value)) ?? otherwise;
};

/** A Revision's scaling by its annotations, which admission has checked, and config-autoscaler's defaults. */
export const parseScaling = (annotations: Annotations, containerConcurrency: number): Scaling => {
  const metric = find(annotations, 'metric')?.value === 'rps' ? 'rps' : 'concurrency';
  const standard = metric === 'rps' ? 200 : containerConcurrency || 100;
  const wanted = numberOf(annotations, 'target', standard);
  const minScale = numberOf(annotations, 'min-scale', 0);
  return {
    metric,
    target:
      metric === 'concurrency' && containerConcurrency > 0 ? Math.min(wanted, containerConcurrency) : wanted,
    targetUtilization: numberOf(annotations, 'target-utilization-percentage', 70) / 100,
    minScale,
    maxScale: numberOf(annotations, 'max-scale', 0),
    initialScale: Math.max(numberOf(annotations, 'initial-scale', 1), minScale),
    activationScale: numberOf(annotations, 'activation-scale', 1),
    windowMs: durationOf(annotations, 'window', 60_000),
    panicWindowPercentage: numberOf(annotations, 'panic-window-percentage', 10),
    panicThresholdPercentage: numberOf(annotations, 'panic-threshold-percentage', 200),
    scaleDownDelayMs: durationOf(annotations, 'scale-down-delay', 0),
    retentionMs: durationOf(annotations, 'scale-to-zero-pod-retention-period', 0),
  };
};

/** Annotations of the group that mean nothing to Knative, with what was probably meant. */
export const unknownScaling = (annotations: Annotations): string[] =>
  Object.keys(annotations)
    .filter(
      (key) =>
        key.startsWith(group) &&
        !known.some((name) => key === group + name || key === group + camelCase(name)),
    )
    .map((key) => {
      const meant = similar(key.slice(group.length), known);
      return `annotation ${key} means nothing${meant ? `; did you mean ${group}${meant}?` : ''}`;
    });

/** What is read and does nothing here. */
export const unhonouredScaling = (annotations: Annotations): string[] => [
  ...(find(annotations, 'class')?.value.startsWith('hpa.')
    ? ['autoscaling class hpa is not served: the class is kpa']
    : []),
  ...(find(annotations, 'metric-aggregation-algorithm')
    ? [`annotation ${group}metric-aggregation-algorithm is not honoured: it is linear`]
    : []),
  ...(find(annotations, 'target-burst-capacity')
    ? [
        `annotation ${group}target-burst-capacity is not honoured: requests always pass the ingress's own queue`,
      ]
    : []),
];
