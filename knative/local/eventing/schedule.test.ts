import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ScheduleError } from './cron-fields.ts';
import { parseSchedule } from './schedule.ts';

const ticks = (schedule: string, from: string, count = 3, timezone?: string) => {
  const { next } = parseSchedule(schedule, timezone);
  const found: (string | undefined)[] = [];
  let at: Date | undefined = new Date(from);
  while (at && found.length < count) {
    at = next(at);
    found.push(at?.toISOString());
  }
  return found;
};

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** What clocks on the wall show, minute by minute around this day. */
const readings = (zone: string, day: string) => {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    weekday: 'short',
  });
  const begin = Date.parse(`${day}T00:00:00Z`) - 15 * 3_600_000;
  return Array.from({ length: 36 * 60 }, (_, i) => {
    const at = begin + i * 60_000;
    const [, weekday = '', hour, minute] = /^(\w+)[ ,]+(\d+):(\d+)$/.exec(format.format(at)) ?? [];
    return { at, day: weekdays.indexOf(weekday), hour: Number(hour), minute: Number(minute) };
  });
};

describe('parseSchedule', () => {
  it.each([
    ['*/5 * * * *', ['2024-03-08T10:05:00.000Z', '2024-03-08T10:10:00.000Z']],
    ['*/10 * * * * *', ['2024-03-08T10:00:10.000Z', '2024-03-08T10:00:20.000Z']],
    ['5/20 * * * *', ['2024-03-08T10:05:00.000Z', '2024-03-08T10:25:00.000Z']],
    ['0 12 ? * MON-wed', ['2024-03-11T12:00:00.000Z', '2024-03-12T12:00:00.000Z']],
    ['@hourly', ['2024-03-08T11:00:00.000Z', '2024-03-08T12:00:00.000Z']],
    ['@weekly', ['2024-03-10T00:00:00.000Z', '2024-03-17T00:00:00.000Z']],
    ['CRON_TZ=Asia/Tokyo 0 9 * * *', ['2024-03-09T00:00:00.000Z', '2024-03-10T00:00:00.000Z']],
    // days of month and of week are joined by "or" where both are given
    ['0 0 13 * FRI', ['2024-03-13T00:00:00.000Z', '2024-03-15T00:00:00.000Z']],
    ['0 0 */2 * 6', ['2024-03-09T00:00:00.000Z', '2024-03-11T00:00:00.000Z']],
  ])('reads %j as Knative does', (schedule, expected) => {
    expect(ticks(schedule, '2024-03-08T10:00:00Z', 2)).toEqual(expected);
  });

  it('keeps to the wall clock of its time zone when summer time begins', () => {
    expect(ticks('30 12 * * *', '2024-03-29T12:00:00Z', 3, 'Europe/Berlin')).toEqual([
      '2024-03-30T11:30:00.000Z',
      '2024-03-31T10:30:00.000Z',
      '2024-04-01T10:30:00.000Z',
    ]);
  });

  // robfig/cron's own cases, and what follows from them
  it.each([
    ['30 2 11 3 *', '2012-03-11T05:00:00Z', ['2013-03-11T06:30:00.000Z']],
    ['0 * * * *', '2012-03-11T06:00:00Z', ['2012-03-11T07:00:00.000Z', '2012-03-11T08:00:00.000Z']],
    ['0 2 * * *', '2012-03-11T05:00:00Z', ['2012-03-12T06:00:00.000Z']],
    ['*/30 2 * * *', '2012-03-11T05:00:00Z', ['2012-03-12T06:00:00.000Z', '2012-03-12T06:30:00.000Z']],
    ['0 3 * * *', '2012-03-11T05:00:00Z', ['2012-03-11T07:00:00.000Z']],
  ])(
    'has no ticks in the hour that is left out when summer time begins in New York: %j',
    (schedule, from, expected) => {
      expect(ticks(schedule, from, expected.length, 'America/New_York')).toEqual(expected);
    },
  );

  it.each([
    ['0 * * * *', ['05:00', '06:00', '07:00']],
    ['0 1 * * *', ['05:00', '06:00']],
    ['30 1 4 11 *', ['05:30', '06:30']],
    ['0 2 * * *', ['07:00']],
  ])('has the ticks of the hour that comes twice, twice, when it ends: %j', (schedule, expected) => {
    expect(ticks(schedule, '2012-11-04T04:00:00Z', expected.length, 'America/New_York')).toEqual(
      expected.map((time) => `2012-11-04T${time}:00.000Z`),
    );
  });

  it('ticks at each instant whose reading on the wall matches, and at no other, wherever clocks are set', () => {
    // forward and back, by an hour and by half of one, at midnight, a whole day left out, and never
    const places = [
      ['Europe/Berlin', '2024-03-31', '2024-10-27'],
      ['America/New_York', '2024-03-10', '2024-11-03'],
      ['Australia/Lord_Howe', '2024-10-05', '2024-04-06'],
      ['America/Sao_Paulo', '2017-10-15', '2018-02-18'],
      ['Africa/Casablanca', '2024-03-10', '2024-04-14'],
      ['Pacific/Apia', '2011-12-29', '2011-09-24'],
      ['Asia/Kolkata', '2024-03-10', '2024-11-03'],
    ] as const;
    const windows = places.flatMap(([zone, ...days]) =>
      days.map((day) => ({ zone, readings: readings(zone, day) })),
    );
    const some = (min: number, max: number) =>
      fc.oneof(
        fc.constant(undefined),
        fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 4 }),
      );
    const text = (values: number[] | undefined) => values?.join(',') ?? '*';
    const wanted = (values: number[] | undefined, value: number) => values?.includes(value) ?? true;
    fc.assert(
      fc.property(
        fc.constantFrom(...windows),
        some(0, 59),
        some(0, 23),
        some(0, 6),
        ({ zone, readings }, minutes, hours, days) => {
          const expected = readings
            .filter(
              ({ day, hour, minute }) => wanted(minutes, minute) && wanted(hours, hour) && wanted(days, day),
            )
            .map(({ at }) => at);
          const { next } = parseSchedule(`${text(minutes)} ${text(hours)} * * ${text(days)}`, zone);
          const last = readings.at(-1)?.at ?? 0;
          const found: number[] = [];
          let at = next(new Date((readings[0]?.at ?? 0) - 1));
          for (; at && at.getTime() <= last; at = next(at)) found.push(at.getTime());
          expect(found).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);

  it('finds a leap day, and gives up on 30 February soon', () => {
    expect(ticks('0 0 29 2 *', '2024-03-01T00:00:00Z', 1, 'Europe/Berlin')).toEqual([
      '2028-02-28T23:00:00.000Z',
    ]);
    const began = performance.now();
    expect(parseSchedule('0 0 30 2 *', 'Europe/Berlin').next(new Date())).toBeUndefined();
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it('has no tick where none can ever come', () => {
    expect(parseSchedule('0 0 30 2 *').next(new Date())).toBeUndefined();
  });

  it.each([
    ['', 'empty spec string'],
    ['@every 5s', 'unsupported descriptor @every'],
    ['@reboot', 'unrecognized descriptor'],
    ['* * * *', 'expected 5 to 6 fields, found 4'],
    ['* * * * * * *', 'expected 5 to 6 fields, found 7'],
    ['60 * * * *', 'end of range (60) above maximum (59)'],
    ['0 0 0 * *', 'beginning of range (0) below minimum (1)'],
    ['0 0 * * 7', 'above maximum (6)'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1)'],
    ['*/0 * * * *', 'step of range should be a positive number'],
    ['0 0 L * *', 'failed to parse int from L'],
    ['0 0 * * MON#1', 'failed to parse int'],
    ['1/2/3 * * * *', 'too many slashes'],
    ['1-2-3 * * * *', 'too many hyphens'],
  ])('refuses %j and says why', (schedule, message) => {
    expect(() => parseSchedule(schedule)).toThrow(message);
  });

  it('refuses an unknown time zone by its field', () => {
    const refused = () => parseSchedule('* * * * *', 'Mars/Olympus');
    expect(refused).toThrow(ScheduleError);
    expect(refused).toThrow(expect.objectContaining({ field: 'timezone' }));
  });

  it('ticks at the times that its fields say, and at no others between', () => {
    const field = (min: number, max: number) =>
      fc.oneof(
        fc.constant('*'),
        fc.integer({ min, max }).map(String),
        fc.integer({ min: 1, max: max - min }).map((step) => `*/${step}`),
        fc
          .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
          .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      );
    const holds = (text: string, min: number, max: number, value: number) => {
      const [span = '', step = '1'] = text.split('/');
      const [low, high] = span === '*' ? [min, max] : span.split('-').map(Number);
      return value >= (low ?? 0) && value <= (high ?? low ?? 0) && (value - (low ?? 0)) % Number(step) === 0;
    };
    const start = fc.date({ min: new Date('2024-01-01'), max: new Date('2026-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(field(0, 59), field(0, 23), start, (minute, hour, from) => {
        const tick = parseSchedule(`${minute} ${hour} * * *`).next(from);
        const matches = (at: Date) =>
          holds(minute, 0, 59, at.getUTCMinutes()) && holds(hour, 0, 23, at.getUTCHours());
        let expected = new Date(Math.floor(from.getTime() / 60_000) * 60_000 + 60_000);
        while (!matches(expected)) expected = new Date(expected.getTime() + 60_000);
        expect(tick).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});
