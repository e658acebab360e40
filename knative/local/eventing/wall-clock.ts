/** What the clocks of a time zone show, as the difference from UTC. */
export interface WallClock {
  /** Milliseconds to add to an instant for the reading. */
  offsetAt(instant: number): number;
  /** The first instant after `from` and up to `to` at which the clocks are set, else `to`. */
  setBefore(from: number, to: number): number;
}

/** Clocks are set at quarters of an hour only. */
const quarter = 900_000;

/** Throws RangeError for an unknown time zone. */
export const wallClock = (zone: string): WallClock => {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const ask = (instant: number): number => {
    const shown: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of format.formatToParts(instant)) shown[type] = Number(value);
    const { year = 0, month = 1, day, hour, minute, second } = shown;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1_000) * 1_000;
  };
  // Asked in order most often: the answer is remembered for as long as it holds.
  let known = { quarter: Number.NaN, offset: 0 };
  const offsetAt = (instant: number): number => {
    const now = Math.floor(instant / quarter);
    if (known.quarter !== now) known = { quarter: now, offset: ask(now * quarter) };
    return known.offset;
  };
  return {
    offsetAt,
    setBefore(from, to) {
      const before = offsetAt(from);
      if (offsetAt(to) === before) return to;
      let [same, other] = [Math.floor(from / quarter), Math.floor(to / quarter)];
      while (other - same > 1) {
        const middle = Math.floor((same + other) / 2);
        if (offsetAt(middle * quarter) === before) same = middle;
        else other = middle;
      }
      return other * quarter;
    },
  };
};
