import type { CronFields } from './cron-fields.ts';
import type { WallClock } from './wall-clock.ts';

const day = 86_400_000;
const hour = 3_600_000;
const minute = 60_000;
const second = 1_000;

/** As robfig/cron: what does not come within five years never does. */
const mostYears = 5;

/**
 * The first instant after `date` whose reading on the wall clock matches, as robfig/cron finds it: an hour that the clocks
 * leave out has no ticks, one that they show twice has them twice.
 */
export const nextTick = (fields: CronFields, clock: WallClock, date: Date): Date | undefined => {
  let at = Math.floor(date.getTime() / second) * second + second;
  const lastYear = readingAt(clock, at).getUTCFullYear() + mostYears;
  for (;;) {
    const reading = readingAt(clock, at);
    if (reading.getUTCFullYear() > lastYear) return undefined;
    const unit = mismatch(fields, reading);
    if (unit === undefined) return new Date(at);
    // Nothing up to the unit's end matches, unless the clocks are set before.
    at = clock.setBefore(at, at + unit - (reading.getTime() % unit));
  }
};

/** The reading as if it were UTC's. */
const readingAt = (clock: WallClock, instant: number): Date => new Date(instant + clock.offsetAt(instant));

/** The greatest unit that does not match. */
const mismatch = (fields: CronFields, reading: Date): number | undefined => {
  if (!fields.month.has(reading.getUTCMonth() + 1) || !dayMatches(fields, reading)) return day;
  if (!fields.hour.has(reading.getUTCHours())) return hour;
  if (!fields.minute.has(reading.getUTCMinutes())) return minute;
  return fields.second.has(reading.getUTCSeconds()) ? undefined : second;
};

/** Days of month and of week are joined by "or" where neither is a star. */
const dayMatches = ({ dayOfMonth, dayOfWeek }: CronFields, reading: Date): boolean => {
  const ofMonth = dayOfMonth.has(reading.getUTCDate());
  const ofWeek = dayOfWeek.has(reading.getUTCDay());
  return dayOfMonth.star || dayOfWeek.star ? ofMonth && ofWeek : ofMonth || ofWeek;
};
