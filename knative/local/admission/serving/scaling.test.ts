import { expect, it } from 'vitest';
import { knativeText } from '../flaw.ts';
import { parseScaling } from './scaling.ts';
import { scalingFlaws } from './scaling-rules.ts';

const group = 'autoscaling.knative.dev/';
const named = (annotations: Record<string, string>) =>
  Object.fromEntries(Object.entries(annotations).map(([name, value]) => [group + name, value]));

it("without annotations is config-autoscaler's defaults", () => {
  expect(parseScaling({}, 0)).toEqual({
    metric: 'concurrency',
    target: 100,
    targetUtilization: 0.7,
    minScale: 0,
    maxScale: 0,
    initialScale: 1,
    activationScale: 1,
    windowMs: 60_000,
    panicWindowPercentage: 10,
    panicThresholdPercentage: 200,
    scaleDownDelayMs: 0,
    retentionMs: 0,
  });
  expect(parseScaling(named({ metric: 'rps' }), 0).target).toBe(200);
});

it('containerConcurrency is the target, and bounds one that is stated', () => {
  expect(parseScaling({}, 10).target).toBe(10);
  expect(parseScaling(named({ target: '5' }), 10).target).toBe(5);
  expect(parseScaling(named({ target: '50' }), 10).target).toBe(10);
  expect(parseScaling(named({ target: '50', metric: 'rps' }), 10).target).toBe(50);
});

it('reads all annotations, by their older names too', () => {
  const annotations = named({
    minScale: '2',
    'max-scale': '9',
    'initial-scale': '1',
    'activation-scale': '3',
    'target-utilization-percentage': '50',
    window: '1m30s',
    'panic-window-percentage': '20',
    panicThresholdPercentage: '150',
    'scale-down-delay': '15m',
    'scale-to-zero-pod-retention-period': '1m5s',
  });
  expect(scalingFlaws(annotations)).toEqual([]);
  expect(parseScaling(annotations, 0)).toMatchObject({
    minScale: 2,
    maxScale: 9,
    initialScale: 2,
    activationScale: 3,
    targetUtilization: 0.5,
    windowMs: 90_000,
    panicWindowPercentage: 20,
    panicThresholdPercentage: 150,
    scaleDownDelayMs: 900_000,
    retentionMs: 65_000,
  });
});

it.each([
  [{ 'min-scale': '-1' }, 'expected 0 <= -1 <= 2147483647: '],
  [{ 'max-scale': '1.5' }, 'invalid value: 1.5: '],
  [{ 'activation-scale': '1' }, 'activation-scale=1 must be greater than 1: '],
  [{ 'activation-scale': '4', 'max-scale': '3' }, 'max-scale=3 is less than activation-scale=4: '],
  [{ class: 'other.knative.dev' }, 'invalid value: other.knative.dev: '],
  [{ metric: 'memory' }, 'invalid value: memory: '],
  [{ target: '0.001' }, 'target 0.001 should be at least 0.01: '],
  [{ 'target-burst-capacity': '-2' }, 'invalid value: -2: '],
  [{ window: '90m' }, 'expected 6s <= 90m <= 1h0m0s: '],
  [{ window: '6.5s' }, 'must be specified with at most second precision: '],
  [{ 'panic-threshold-percentage': '100' }, 'expected 110 <= 100 <= 1000: '],
])('refuses %j', (annotations, message) => {
  expect(knativeText(scalingFlaws(named(annotations)))).toMatch(
    new RegExp(`^${message.replaceAll('.', '\\.')}`),
  );
});
