import type { Schedule } from './schedule.ts';

/** How late a tick may be served; one that is later was missed while the machine slept or its clock was set. */
const graceMs = 10_000;
/** The longest sleep: after a clock jump in either direction the schedule is followed again within it. */
const lookMs = 15_000;
/** A clock that is set back further than its usual corrections. */
const setBackMs = 1_000;

/** Calls `onTick` at each of the schedule's times until the answer is called. Missed ticks are not made up for. */
export const startTicks = (schedule: Schedule, onTick: (time: Date) => void): (() => void) => {
  let seen = Date.now();
  let due = schedule.next(new Date(seen));
  let timer: NodeJS.Timeout | undefined;

  const look = () => {
    const now = Date.now();
    const setBack = now < seen - setBackMs;
    seen = now;
    if (setBack) due = schedule.next(new Date(now));
    else if (due && now >= due.getTime()) {
      const time = due;
      due = schedule.next(new Date(now));
      if (now - time.getTime() <= graceMs) onTick(time);
    }
    sleep();
  };

  const sleep = () => {
    const ms = due ? due.getTime() - Date.now() : lookMs;
    timer = setTimeout(look, Math.max(0, Math.min(ms, lookMs)));
  };

  sleep();
  return () => clearTimeout(timer);
};
