import type { Base } from '../kit/base.ts';
import { createFunction } from '../kit/function.ts';
import { operations } from './operations.ts';

export interface Deps {
  base: Base;
  /** The database's time. */
  now: () => Promise<Date>;
}

export const createApp = ({ base, now }: Deps) => {
  // The direct port has no gateway in front that would take the first segment away.
  const fn = createFunction(base, { alsoAt: '/api' });

  fn.on(operations.time, async ({ c }) => c.json({ time: (await now()).toISOString() }));

  return fn.app;
};

export type App = ReturnType<typeof createApp>;
