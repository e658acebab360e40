import { parseGoDuration } from '../durations.ts';
import { type Flaw, flawed, invalidValue, outOfBounds } from '../flaw.ts';
import { type Annotations, find, group, type Name } from './scaling.ts';

const maxInt32 = 2_147_483_647;
const [windowMin, windowMax] = [6_000, 3_600_000];

/** autoscaling.ValidateAnnotations. */
export const scalingFlaws = (annotations: Annotations): Flaw[] => [
  ...classFlaws(annotations),
  ...boundsFlaws(annotations),
  ...percentFlaws(annotations, 'panic-window-percentage', 1, 100),
  ...percentFlaws(annotations, 'panic-threshold-percentage', 110, 1_000),
  ...percentFlaws(annotations, 'target-utilization-percentage', 1, 100),
  ...targetFlaws(annotations),
  ...durationFlaws(annotations, 'window', windowMin, true),
  ...durationFlaws(annotations, 'scale-down-delay', 0, true),
  ...durationFlaws(annotations, 'scale-to-zero-pod-retention-period', 0, false),
  ...initialScaleFlaws(annotations),
];

/** On a Service they would do nothing. */
export const misplacedScalingFlaws = (annotations: Annotations): Flaw[] =>
  Object.keys(annotations)
    .filter((key) => key.startsWith(group))
    .map((key) => ({
      kind: 'rule',
      message: `invalid key name ${JSON.stringify(key)}`,
      paths: [['metadata', 'annotations']],
      details: 'autoscaling annotations must be put under "spec.template.metadata.annotations" to work',
    }));

const classFlaws = (annotations: Annotations): Flaw[] => {
  const kind = find(annotations, 'class');
  const metric = find(annotations, 'metric');
  const [kpa, hpa] = ['kpa.autoscaling.knative.dev', 'hpa.autoscaling.knative.dev'];
  const algorithm = find(annotations, 'metric-aggregation-algorithm');
  const known = !kind || kind.value === kpa;
  return [
    ...(kind?.value.endsWith('.knative.dev') && ![kpa, hpa].includes(kind.value)
      ? [invalidValue(kind.value, [kind.key])]
      : []),
    ...(metric && known && !['concurrency', 'rps'].includes(metric.value)
      ? [invalidValue(metric.value, [metric.key])]
      : []),
    ...(kind?.value === kpa &&
    algorithm?.value &&
    !['linear', 'weighted-exponential', 'weightedExponential'].includes(algorithm.value)
      ? [invalidValue(algorithm.value, [algorithm.key])]
      : []),
  ];
};

const countOf = (annotations: Annotations, name: Name): { count: number; flaws: Flaw[] } => {
  const found = find(annotations, name);
  if (!found) return { count: 0, flaws: [] };
  const count = Number(found.value);
  if (!/^[-+]?\d+$/.test(found.value)) return { count: 0, flaws: [invalidValue(found.value, [found.key])] };
  if (count < 0 || count > maxInt32)
    return { count: 0, flaws: [outOfBounds(found.value, 0, maxInt32, [found.key])] };
  return { count, flaws: [] };
};

const boundsFlaws = (annotations: Annotations): Flaw[] => {
  const min = countOf(annotations, 'min-scale');
  const max = countOf(annotations, 'max-scale');
  const crossed = max.count !== 0 && max.count < min.count;
  return [
    ...min.flaws,
    ...max.flaws,
    ...(crossed
      ? [
          flawed(
            `max-scale=${max.count} is less than min-scale=${min.count}`,
            [`${group}max-scale`],
            [`${group}min-scale`],
          ),
        ]
      : []),
    ...activationFlaws(annotations, min.count, max.count),
  ];
};

const activationFlaws = (annotations: Annotations, min: number, max: number): Flaw[] => {
  const found = find(annotations, 'activation-scale');
  if (!found) return [];
  const [path, count] = [[found.key], Number(found.value)];
  if (!/^[-+]?\d+$/.test(found.value)) return [invalidValue(found.value, path)];
  if (min > count) return [flawed(`min-scale=${min} is greater than activation-scale=${count}`, path)];
  if (max !== 0 && max < count)
    return [flawed(`max-scale=${max} is less than activation-scale=${count}`, path)];
  return count < 2 ? [flawed(`activation-scale=${count} must be greater than 1`, path)] : [];
};

const initialScaleFlaws = (annotations: Annotations): Flaw[] => {
  const found = find(annotations, 'initial-scale');
  if (!found) return [];
  const { key, value } = found;
  if (!/^[-+]?\d+$/.test(value)) return [invalidValue(value, [key])];
  if (Number(value) < 0) return [invalidValue(value, [`${key} must be greater than 0`])];
  return Number(value) === 0 ? [invalidValue(value, [`${key}=0 not allowed by cluster`])] : [];
};

const float = (text: string) =>
  /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined;

const percentFlaws = (annotations: Annotations, name: Name, lower: number, upper: number): Flaw[] => {
  const found = find(annotations, name);
  if (!found) return [];
  const value = float(found.value);
  if (value === undefined) return [invalidValue(found.value, [found.key])];
  return value < lower || value > upper ? [outOfBounds(found.value, lower, upper, [found.key])] : [];
};

const targetFlaws = (annotations: Annotations): Flaw[] => {
  const target = find(annotations, 'target');
  const burst = find(annotations, 'target-burst-capacity');
  const value = target && float(target.value);
  const capacity = burst && float(burst.value);
  return [
    ...(target && value === undefined ? [invalidValue(target.value, [target.key])] : []),
    ...(target && value !== undefined && value < 0.01
      ? [flawed(`target ${target.value} should be at least 0.01`, [target.key])]
      : []),
    ...(burst && (capacity === undefined || (capacity < 0 && capacity !== -1))
      ? [invalidValue(burst.value, [burst.key])]
      : []),
  ];
};

const durationFlaws = (
  annotations: Annotations,
  name: Name,
  lower: number,
  wholeSeconds: boolean,
): Flaw[] => {
  const found = find(annotations, name);
  if (!found) return [];
  const ms = parseGoDuration(found.value);
  if (ms === undefined) return [invalidValue(found.value, [found.key])];
  if (ms < lower || ms > windowMax)
    return [outOfBounds(found.value, `${lower / 1_000}s`, '1h0m0s', [found.key])];
  return wholeSeconds && ms % 1_000 !== 0
    ? [flawed('must be specified with at most second precision', [found.key])]
    : [];
};
