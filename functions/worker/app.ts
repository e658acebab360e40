import * as z from 'zod';
import type { Base } from '../kit/base.ts';
import { handle } from '../kit/events.ts';
import { createFunction } from '../kit/function.ts';
import type { Inbox } from '../kit/inbox.ts';

export interface Deps {
  base: Base;
  outbox: Inbox;
  /** A round of the worker's duties; safe to run twice, so that a ping needs no receipt. */
  round: () => Promise<void>;
}

const ping = { type: 'dev.knative.sources.ping', schema: z.unknown() };

export const createApp = ({ base, outbox, round }: Deps) => {
  const fn = createFunction(base);
  // Pings come from their source, which waits for a round however long it takes.
  fn.events({ outbox, consumer: 'worker', handlers: [handle(ping, round)], withinMs: 60_000 });
  return fn.app;
};

export type App = ReturnType<typeof createApp>;
