import type { EventLog } from '../../eventing/log/port.ts';
import type { Base } from '../kit/base.ts';
import { createFunction } from '../kit/function.ts';
import { operations } from './operations.ts';
import { produce } from './produce.ts';

export interface Deps {
  base: Base;
  log: Pick<EventLog, 'append'>;
}

export const createApp = ({ base, log }: Deps) => {
  const fn = createFunction(base);

  fn.on(operations.produce, async ({ c, body }) => {
    const { partition, offset } = await produce(log, body);
    return c.json({ topic: body.topic, partition, offset: String(offset) }, 202);
  });

  return fn.app;
};

export type App = ReturnType<typeof createApp>;
