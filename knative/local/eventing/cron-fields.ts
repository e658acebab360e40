export class ScheduleError extends Error {
  readonly field: 'schedule' | 'timezone';
  constructor(field: 'schedule' | 'timezone', message: string) {
    super(message);
    this.name = 'ScheduleError';
    this.field = field;
  }
}

/** The values of a field at which there are ticks. */
export interface CronField {
  has(value: number): boolean;
  /** It was left open. */
  star: boolean;
}

const names = ['second', 'minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const;
export type CronFields = Record<(typeof names)[number], CronField>;

/**
 * The fields of a schedule as robfig/cron v3 reads them: five, or six with seconds first, names, ranges, steps, @hourly
 * and its kin. Throws ScheduleError.
 */
export const parseFields = (schedule: string): CronFields => {
  const text = schedule.trim();
  if (!text) throw new ScheduleError('schedule', 'empty spec string');
  if (text.includes('@every')) throw new ScheduleError('schedule', 'unsupported descriptor @every');
  const parts = (text.startsWith('@') ? descriptor(text) : text).split(/\s+/);
  if (parts.length === 5) parts.unshift('0');
  if (parts.length !== 6) {
    throw new ScheduleError('schedule', `expected 5 to 6 fields, found ${parts.length}: ${text}`);
  }
  const fields = names.map((name, index) => [name, fieldOf(parts[index] ?? '', bounds[name])]);
  return Object.fromEntries(fields) as CronFields;
};

const descriptor = (name: string): string => {
  const spec = descriptors.get(name);
  if (!spec) throw new ScheduleError('schedule', `unrecognized descriptor: ${name}`);
  return spec;
};

const descriptors = new Map([
  ['@yearly', '0 0 0 1 1 *'],
  ['@annually', '0 0 0 1 1 *'],
  ['@monthly', '0 0 0 1 * *'],
  ['@weekly', '0 0 0 * * 0'],
  ['@daily', '0 0 0 * * *'],
  ['@midnight', '0 0 0 * * *'],
  ['@hourly', '0 0 * * * *'],
]);

interface Bounds {
  min: number;
  max: number;
  names?: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const bounds: Record<(typeof names)[number], Bounds> = {
  second: { min: 0, max: 59 },
  minute: { min: 0, max: 59 },
  hour: { min: 0, max: 23 },
  dayOfMonth: { min: 1, max: 31 },
  month: { min: 1, max: 12, names: months },
  dayOfWeek: { min: 0, max: 6, names: days },
};

const fieldOf = (text: string, field: Bounds): CronField => {
  const ranges = text.split(',').filter(Boolean);
  if (ranges.length === 0) throw new ScheduleError('schedule', `empty field in "${text}"`);
  const values = new Set(ranges.flatMap((range) => numbers(range, field)));
  const star = ranges.some((range) => /^[*?](-[^/]*)?(\/0*1)?$/.test(range));
  return { has: (value) => values.has(value), star };
};

const numbers = (range: string, field: Bounds): number[] => {
  const [span = '', stepText, ...slashes] = range.split('/');
  const [low = '', high, ...hyphens] = span.split('-');
  if (slashes.length > 0) throw new ScheduleError('schedule', `too many slashes: ${range}`);
  if (hyphens.length > 0) throw new ScheduleError('schedule', `too many hyphens: ${range}`);
  const star = low === '*' || low === '?';
  const start = star ? field.min : number(low, field.names);
  const step = stepText === undefined ? 1 : number(stepText);
  const open = star || (high === undefined && stepText !== undefined);
  const end = open ? field.max : high === undefined ? start : number(high, field.names);
  const wrong =
    start < field.min
      ? `beginning of range (${start}) below minimum (${field.min})`
      : end > field.max
        ? `end of range (${end}) above maximum (${field.max})`
        : start > end
          ? `beginning of range (${start}) beyond end of range (${end})`
          : step === 0
            ? 'step of range should be a positive number'
            : undefined;
  if (wrong) throw new ScheduleError('schedule', `${wrong}: ${range}`);
  return Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) => start + index * step);
};

const number = (text: string, names?: readonly string[]): number => {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return named + (names === months ? 1 : 0);
  if (!/^\+?\d{1,9}$/.test(text)) throw new ScheduleError('schedule', `failed to parse int from ${text}`);
  return Number(text);
};
