import * as z from 'zod';
import { sameJson } from '../../store/json.ts';
import { parseGoDuration } from '../durations.ts';
import { type Flaw, flawed, invalidValue, outOfBounds, via } from '../flaw.ts';
import { objectMeta } from '../metadata.ts';
import { dns1035Label } from '../names.ts';
import { podFlaws } from './pod-rules.ts';
import { type RevisionSpec, revisionSpec } from './pod-schema.ts';
import { unhonouredScaling, unknownScaling } from './scaling.ts';
import { scalingFlaws } from './scaling-rules.ts';
import { unhonoured } from './unhonoured.ts';

export const template = z.strictObject({ metadata: objectMeta.optional(), spec: revisionSpec.optional() });
export type Template = z.infer<typeof template>;

export const progressDeadline = 'serving.knative.dev/progress-deadline';
const maxTimeoutSeconds = 600;
const maxConcurrency = 1_000;

/** RevisionTemplateSpec.Validate; `parent` is the name of the Service or Configuration. */
export const templateFlaws = ({ metadata, spec }: Template, parent: string): Flaw[] => {
  const annotations = metadata?.annotations ?? {};
  return [
    ...via(['spec'], revisionSpecFlaws(spec ?? {})),
    ...via(['metadata', 'annotations'], [...scalingFlaws(annotations), ...deadlineFlaws(annotations)]),
    ...nameFlaws(metadata?.name, parent),
  ];
};

export const revisionSpecFlaws = (spec: RevisionSpec): Flaw[] => {
  const { timeoutSeconds = 0, containerConcurrency = 0 } = spec;
  return [
    ...podFlaws(spec),
    ...(timeoutSeconds < 0 || timeoutSeconds > maxTimeoutSeconds
      ? [outOfBounds(timeoutSeconds, 0, maxTimeoutSeconds, ['timeoutSeconds'])]
      : []),
    ...(containerConcurrency < 0 || containerConcurrency > maxConcurrency
      ? [outOfBounds(containerConcurrency, 0, maxConcurrency, ['containerConcurrency'])]
      : []),
  ];
};

/** A template with a name of its own is a new Revision's: it may not change and keep the name. */
export const sameNameFlaws = (now: Template | undefined, before: Template | undefined): Flaw[] => {
  const name = now?.metadata?.name;
  if (!name || name !== before?.metadata?.name || sameJson(now, before)) return [];
  return [
    flawed('Saw the following changes without a name change (-old +new)', [
      'spec',
      'template',
      'metadata',
      'name',
    ]),
  ];
};

const nameFlaws = (name: string | undefined, parent: string): Flaw[] => {
  if (!name) return [];
  const path = ['metadata', 'name'];
  const wrong = dns1035Label(name);
  if (wrong.length > 0) return [invalidValue(`not a DNS 1035 label: [${wrong.join(' ')}]`, path)];
  const prefix = `${parent}-`;
  return name.startsWith(prefix) ? [] : [invalidValue(`"${name}" must have prefix "${prefix}"`, path)];
};

const deadlineFlaws = (annotations: Record<string, string>): Flaw[] => {
  const value = annotations[progressDeadline];
  if (!value) return [];
  const ms = parseGoDuration(value);
  if (ms === undefined) return [invalidValue(value, [progressDeadline])];
  if (ms % 1_000 !== 0)
    return [flawed(`progress-deadline=${value} is not at second precision`, [progressDeadline])];
  return ms < 0 ? [flawed(`progress-deadline=${value} must be positive`, [progressDeadline])] : [];
};

export const templateWarnings = ({ metadata, spec }: Template): string[] => {
  const annotations = metadata?.annotations ?? {};
  return [...unhonoured(spec ?? {}), ...unhonouredScaling(annotations), ...unknownScaling(annotations)];
};
