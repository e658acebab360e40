import type { EventLog } from '../../eventing/log/port.ts';
import type { Base } from '../kit/base.ts';
import { createFunction } from '../kit/function.ts';
import { listMessages } from './list-messages.ts';
import { operations } from './operations.ts';

export interface Deps {
  base: Base;
  /** The database's time. */
  now: () => Promise<Date>;
  log: Pick<EventLog, 'offsets' | 'read'>;
}

export const createApp = ({ base, now, log }: Deps) => {
  // The direct port has no gateway in front that would take the first segment away.
  const fn = createFunction(base, { alsoAt: '/api' });

  fn.on(operations.time, async ({ c }) => c.json({ time: (await now()).toISOString() }));

  fn.on(operations.messages, async ({ c, query }) =>
    c.body(await listMessages(log, query), 200, { 'content-type': 'application/json' }),
  );

  return fn.app;
};

export type App = ReturnType<typeof createApp>;
