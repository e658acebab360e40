import { Cron } from 'croner';

export interface Schedule {
  /** The first tick after `date`, or undefined where none will ever come (30 February). */
  next(date: Date): Date | undefined;
}

export class ScheduleError extends Error {
  readonly field: 'schedule' | 'timezone';
  constructor(field: 'schedule' | 'timezone', message: string) {
    super(message);
    this.name = 'ScheduleError';
    this.field = field;
  }
}

/**
 * A PingSource's schedule as Knative reads it (robfig/cron v3: five fields or six with seconds first, names, ranges,
 * steps, @hourly and its kin, a CRON_TZ= prefix; no @every). UTC where no time zone is named. Throws ScheduleError.
 */
export const parseSchedule = (schedule: string, timezone?: string): Schedule => {
  const [, prefix, rest] = /^(?:CRON_)?TZ=(\S*)\s+(.*)$/s.exec(schedule.trim()) ?? [];
  if (prefix !== undefined && timezone) throw new ScheduleError('schedule', 'time zone given twice');
  const zone = checkedZone(timezone || prefix || 'UTC');
  const cron = new Cron(crontab(rest ?? schedule), { timezone: zone, paused: true });
  return { next: (date) => cron.nextRun(date) ?? undefined };
};

const checkedZone = (zone: string): string => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    throw new ScheduleError('timezone', `provided bad location ${zone}: unknown time zone ${zone}`);
  }
};

// croner reads more and other things than robfig (L, W, #, 7 for Sunday; not 5/15): it gets plain lists of numbers.
const crontab = (schedule: string): string => {
  const text = schedule.trim();
  if (!text) throw new ScheduleError('schedule', 'empty spec string');
  if (text.includes('@every')) throw new ScheduleError('schedule', 'unsupported descriptor @every');
  if (text.startsWith('@')) return descriptor(text);
  const parts = text.split(/\s+/);
  if (parts.length === 5) parts.unshift('0');
  if (parts.length !== 6) {
    throw new ScheduleError('schedule', `expected 5 to 6 fields, found ${parts.length}: ${text}`);
  }
  return fields.map((field, index) => expand(parts[index] ?? '', field)).join(' ');
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

interface Field {
  min: number;
  max: number;
  names?: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const fields: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: days },
];

// A star stays a star: days of month and of week are joined by "or" only where neither is one.
const expand = (text: string, field: Field): string => {
  const ranges = text.split(',').filter(Boolean);
  if (ranges.length === 0) throw new ScheduleError('schedule', `empty field in "${text}"`);
  if (ranges.some((range) => /^[*?](-[^/]*)?(\/0*1)?$/.test(range))) return '*';
  return [...new Set(ranges.flatMap((range) => numbers(range, field)))].join(',');
};

const numbers = (range: string, field: Field): number[] => {
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
