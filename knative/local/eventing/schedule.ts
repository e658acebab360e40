import { parseFields, ScheduleError } from './cron-fields.ts';
import { nextTick } from './next-tick.ts';
import { type WallClock, wallClock } from './wall-clock.ts';

export interface Schedule {
  /** The first tick after `date`, or undefined where none will ever come (30 February). */
  next(date: Date): Date | undefined;
}

/**
 * A PingSource's schedule as Knative reads it (robfig/cron v3, with a CRON_TZ= prefix and without @every). UTC where no
 * time zone is named. Throws ScheduleError.
 */
export const parseSchedule = (schedule: string, timezone?: string): Schedule => {
  const [, prefix, rest] = /^(?:CRON_)?TZ=(\S*)\s+(.*)$/s.exec(schedule.trim()) ?? [];
  if (prefix !== undefined && timezone) throw new ScheduleError('schedule', 'time zone given twice');
  const clock = clockOf(timezone || prefix || 'UTC');
  const fields = parseFields(rest ?? schedule);
  return { next: (date) => nextTick(fields, clock, date) };
};

const clockOf = (zone: string): WallClock => {
  try {
    return wallClock(zone);
  } catch {
    throw new ScheduleError('timezone', `provided bad location ${zone}: unknown time zone ${zone}`);
  }
};
