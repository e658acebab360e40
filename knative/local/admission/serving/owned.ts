import type { ObjectMeta } from '../../store/types.ts';
import { parseGoDuration } from '../durations.ts';
import { type Flaw, flawed, invalidValue, missing } from '../flaw.ts';
import { dns1035Label } from '../names.ts';
import { similar } from '../similar.ts';
import { misplacedScalingFlaws } from './scaling-rules.ts';

type Metadata = { [Field in keyof ObjectMeta]?: unknown } & {
  name?: string | undefined;
  labels?: Record<string, string> | undefined;
  annotations?: Record<string, string> | undefined;
  ownerReferences?: { kind: string; name: string }[] | undefined;
};

export const visibilityLabel = 'networking.knative.dev/visibility';
const clusterLocal = 'cluster-local';
const rolloutDuration = 'serving.knative.dev/rollout-duration';

export const nameFlaws = ({ name = '' }: Metadata): Flaw[] => {
  const wrong = dns1035Label(name);
  return wrong.length > 0 ? [flawed(`not a DNS 1035 label: [${wrong.join(' ')}]`, ['metadata', 'name'])] : [];
};

/** serving.ValidateObjectMetadata for what is no Revision. */
export const metadataRules = (metadata: Metadata): Flaw[] => [
  ...nameFlaws(metadata),
  ...misplacedScalingFlaws(metadata.annotations ?? {}),
  ...rolloutFlaws(metadata.annotations?.[rolloutDuration]),
];

/** A label that says whose an object is must be told by its ownerReferences, too. */
export const ownerLabelFlaws = (
  { labels, ownerReferences }: Metadata,
  label: string,
  kind: string,
): Flaw[] => {
  const owner = labels?.[label];
  if (
    owner === undefined ||
    ownerReferences?.some((reference) => reference.kind === kind && reference.name === owner)
  )
    return [];
  return [missing(['metadata', 'labels', label])];
};

export const metadataWarnings = ({ labels, annotations }: Metadata): string[] => {
  const visibility = labels?.[visibilityLabel];
  const meant = visibility === undefined ? undefined : similar(visibility, [clusterLocal]);
  return [
    ...(visibility !== undefined && visibility !== clusterLocal
      ? [
          `label ${visibilityLabel}: ${JSON.stringify(visibility)} means nothing, this is public${meant ? `; did you mean "${meant}"?` : ''}`,
        ]
      : []),
    ...(annotations?.[rolloutDuration]
      ? [`annotation ${rolloutDuration} is not honoured: traffic moves at once`]
      : []),
  ];
};

const rolloutFlaws = (value: string | undefined): Flaw[] => {
  if (!value) return [];
  const path = ['metadata', 'annotations', rolloutDuration];
  const ms = parseGoDuration(value);
  if (ms === undefined) return [invalidValue(value, path)];
  if (ms % 1_000 !== 0) return [flawed(`rollout-duration=${value} is not at second precision`, path)];
  return ms < 0 ? [flawed(`rollout-duration=${value} must be positive`, path)] : [];
};
