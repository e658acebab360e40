import type { Base } from '../kit/base.ts';
import { createFunction } from '../kit/function.ts';
import { operations } from './operations.ts';

export const createApp = ({ base }: { base: Base }) => {
  const fn = createFunction(base);
  fn.on(operations.greet, ({ c, query }) => c.json({ message: `Hello, ${query.name}!` }));
  return fn.app;
};

export type App = ReturnType<typeof createApp>;
