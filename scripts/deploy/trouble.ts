import type { KubeObject } from '../../knative/local/store/types.ts';
import { isService, kindOf, nameOf, resourceOf } from './overlay.ts';
import { type PodTrouble, podTrouble } from './pod-trouble.ts';
import type { Readiness } from './readiness.ts';

/** An object that is not ready: its condition, what its pods have, what the cluster warned of, where to look. */
export interface Trouble {
  name: string;
  /** The condition and its reason, in one line. */
  why: string;
  pods: PodTrouble[];
  warning?: string;
  /** Commands without `kubectl --context …`. */
  look: string[];
  /** Waiting longer will not mend it. */
  hopeless: boolean;
}

export interface Surroundings {
  pods: readonly KubeObject[];
  events: readonly KubeObject[];
}

export const troubleOf = (
  object: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>,
  readiness: Exclude<Readiness, { ready: true }>,
  { pods, events }: Surroundings,
): Trouble => {
  const own = pods.filter((pod) => belongsTo(pod, object));
  const troubles = own.map(podTrouble).filter((trouble) => trouble !== undefined);
  const warning = events
    .filter(({ type, involvedObject }) => type === 'Warning' && involvedObject?.name === object.metadata.name)
    .sort((a, b) => timeOf(a) - timeOf(b))
    .at(-1);
  const words = [readiness.why, ...troubles.map(({ reason }) => reason), warning?.message].join(' ');
  const where = `-n ${object.metadata.namespace}`;
  const resource = resourceOf(kindOf(object));
  return {
    name: nameOf(object),
    why: `${readiness.condition}: ${readiness.why}`,
    pods: troubles,
    ...(warning && { warning: `${warning.reason}: ${warning.message}` }),
    look: [
      `${where} describe ${resource} ${object.metadata.name}`,
      ...troubles.map(({ pod, log }) =>
        log
          ? `${where} logs ${pod} --all-containers${log === 'previous' ? ' --previous' : ''}`
          : `${where} describe pod ${pod}`,
      ),
    ].slice(0, 2),
    hopeless:
      troubles.some(({ hopeless }) => hopeless) ||
      /exceeded quota|failed quota/.test(words) ||
      (kindOf(object) === 'Job.batch' && readiness.failed),
  };
};

/** A trouble as lines for people. */
export const linesOf = ({ name, why, pods, warning, look }: Trouble, kubectl: string): string[] => [
  `  ${name}: ${oneLine(why)}`,
  ...pods.slice(0, 3).map(({ pod, reason, message }) => `    pod ${pod}: ${reason}: ${oneLine(message)}`),
  ...(warning ? [`    warning: ${oneLine(warning)}`] : []),
  ...look.map((command) => `    look: ${kubectl} ${command}`),
];

/** The cause in few words. */
export const causeOf = ({ name, why, pods: [first], warning }: Trouble): string => {
  const words = first ? `${first.reason}: ${first.message}` : /quota/.test(warning ?? '') ? warning : why;
  const line = oneLine(words ?? why);
  return `${name} (${line.length > 160 ? `${line.slice(0, 160)}…` : line})`;
};

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ');

const belongsTo = (
  { metadata }: KubeObject,
  object: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>,
): boolean => {
  if (isService(object)) return metadata.labels?.['serving.knative.dev/service'] === object.metadata.name;
  return (
    metadata.ownerReferences?.some(
      ({ kind, name }) => kind === object.kind && name === object.metadata.name,
    ) ?? false
  );
};

const timeOf = ({ lastTimestamp, eventTime, metadata }: KubeObject): number =>
  Date.parse(lastTimestamp ?? eventTime ?? metadata.creationTimestamp);
