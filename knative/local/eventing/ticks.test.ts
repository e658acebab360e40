import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseSchedule } from './schedule.ts';
import { startTicks } from './ticks.ts';

let ticks: string[];
let stop = () => {};

const start = (schedule: string) => {
  stop();
  ticks = [];
  stop = startTicks(parseSchedule(schedule), (time) => ticks.push(time.toISOString().slice(11, 19)));
};

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2024-03-08T10:00:30Z') });
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

describe('startTicks', () => {
  it('ticks once at each time, however far apart', () => {
    start('*/2 * * * *');
    vi.advanceTimersByTime(5 * 60_000);
    expect(ticks).toEqual(['10:02:00', '10:04:00']);
    start('*/20 * * * * *');
    vi.advanceTimersByTime(60_000);
    expect(ticks).toEqual(['10:05:40', '10:06:00', '10:06:20']);
  });

  it('does not make up for ticks that a sleeping machine missed', () => {
    start('*/5 * * * *');
    vi.advanceTimersByTime(5 * 60_000);
    vi.setSystemTime(new Date('2024-03-08T13:01:00Z'));
    vi.advanceTimersByTime(4 * 60_000);
    expect(ticks).toEqual(['10:05:00', '13:05:00']);
  });

  it('follows a clock that is set back within seconds, not when it has caught up', () => {
    start('0 * * * *');
    vi.advanceTimersByTime(3_600_000);
    vi.setSystemTime(new Date('2024-03-08T03:30:00Z'));
    vi.advanceTimersByTime(3_600_000);
    expect(ticks).toEqual(['11:00:00', '04:00:00']);
  });

  it('does not tick twice when the clock is corrected by a little', () => {
    start('*/5 * * * *');
    vi.advanceTimersByTime(270_000);
    vi.setSystemTime(Date.now() - 800);
    vi.advanceTimersByTime(2_000);
    expect(ticks).toEqual(['10:05:00']);
  });

  it('still serves a tick that a busy process is late for', () => {
    start('*/5 * * * *');
    vi.advanceTimersByTime(269_000);
    vi.setSystemTime(new Date('2024-03-08T10:05:04Z'));
    vi.advanceTimersByTime(1_000);
    expect(ticks).toEqual(['10:05:00']);
  });

  it('never ticks for a schedule without times, nor after its end', () => {
    start('0 0 30 2 *');
    vi.advanceTimersByTime(3_600_000);
    stop();
    start('* * * * *');
    stop();
    vi.advanceTimersByTime(3_600_000);
    expect(ticks).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
