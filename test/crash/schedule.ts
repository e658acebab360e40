import { pickFrom, seeded } from './seeded.ts';

/** What is killed: all processes of a function, the runtime, the database, or the last two at once. */
export type Victim = 'function' | 'runtime' | 'postgres' | 'runtime and postgres';

export interface Kill {
  victim: Victim;
  /** Which of the functions that run then: a part of their sorted list. */
  which: number;
  /** Only once something has been acknowledged since the last kill; else in the midst of the recovery. */
  afterRecovery: boolean;
  pauseMs: number;
}

const victims: readonly Victim[] = [
  ...Array<Victim>(13).fill('function'),
  ...Array<Victim>(3).fill('runtime'),
  ...Array<Victim>(3).fill('postgres'),
  'runtime and postgres',
];

/** The kills of a seed: the same for every run of it, the first ones also for a longer run. */
export const scheduleOf = (seed: number, points: number): Kill[] => {
  const random = seeded(seed, 'kills');
  return Array.from({ length: points }, () => ({
    victim: pickFrom(random, victims),
    which: random(),
    afterRecovery: random() < 0.7,
    pauseMs: Math.round(random() ** 2 * 1_500),
  }));
};
