import { expect, it } from 'vitest';
import { scheduleOf } from './schedule.ts';

it('a seed always makes the same kills, of which a shorter run has the first', () => {
  expect(scheduleOf(7, 1_000)).toEqual(scheduleOf(7, 1_000));
  expect(scheduleOf(7, 1_000).slice(0, 40)).toEqual(scheduleOf(7, 40));
  expect(scheduleOf(8, 40)).not.toEqual(scheduleOf(7, 40));
});

it('everything is killed that can be', () => {
  const victims = new Set(scheduleOf(1, 200).map(({ victim }) => victim));
  expect([...victims].sort()).toEqual(['function', 'postgres', 'runtime', 'runtime and postgres']);
});
