import { UsageError } from '../command.ts';
import { defaultSteps } from './steps.ts';

type Steps = [number, ...number[]];

export const readSteps = (value: string | undefined): Steps => {
  if (value === undefined) return [...defaultSteps] as Steps;
  const steps = value
    .split(',')
    .map((text) => (/^\d{1,3}%?$/.test(text) ? Number.parseInt(text, 10) : Number.NaN));
  const good = steps.every((step, i) => step >= 1 && step <= 100 && step > (steps[i - 1] ?? 0));
  if (good) return steps as Steps;
  throw new UsageError(
    `--steps is ${value}: it takes percents from 1 to 100 that rise, such as ${defaultSteps.join(',')}`,
  );
};

const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 };

export const readSeconds = (option: string, value: string | undefined): number | undefined => {
  if (value === undefined) return undefined;
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value) ?? [];
  const seconds = Number(number) * (units[unit] ?? Number.NaN);
  if (seconds > 0) return seconds;
  throw new UsageError(`${option} is ${value}: it takes a time with its unit, such as 500ms, 30s or 2m`);
};

export const readFraction = (option: string, value: string | undefined): number | undefined => {
  if (value === undefined) return undefined;
  const [, number] = /^(\d+(?:\.\d+)?)%$/.exec(value) ?? [];
  if (number !== undefined && Number(number) <= 100) return Number(number) / 100;
  throw new UsageError(`${option} is ${value}: it takes percent, such as 1%`);
};

export const readNumber = (option: string, value: string): number => {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new UsageError(`${option} is ${value}: it takes a number from 1`);
};
