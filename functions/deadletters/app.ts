import type { Outbox } from '../../eventing/outbox/outbox.ts';
import type { Base } from '../kit/base.ts';
import { handleAny } from '../kit/events.ts';
import { createFunction } from '../kit/function.ts';
import { pageOf, startOf } from '../kit/page.ts';
import { readDeadLetter } from './dead-letter.ts';
import { discard, redrive } from './decide.ts';
import { operations } from './operations.ts';
import type { Item, Store } from './store.ts';

export interface Deps {
  base: Base;
  store: Store;
  outbox: Pick<Outbox, 'transaction' | 'receive' | 'receiveBy' | 'recordAttempt'>;
}

export const createApp = ({ base, store, outbox }: Deps) => {
  const fn = createFunction(base);

  fn.on(operations.listDeadLetters, async ({ c, query }) => {
    const { items, nextCursor } = pageOf(await store.list(query, startOf(query), query.limit + 1), query);
    return c.json({ items: items.map(shown), nextCursor });
  });

  fn.on(operations.redrive, async ({ c, actor, params }) => {
    const decision = { id: params.id, by: actor.id };
    const item = await outbox.transaction((tx, _publish, resend) => redrive(tx, resend, decision));
    return c.json(shown(item), 202);
  });

  fn.on(operations.discard, async ({ c, actor, params, body }) => {
    const decision = { id: params.id, by: actor.id, note: body.note };
    await outbox.transaction((tx) => discard(tx, decision));
    return c.body(null, 204);
  });

  fn.events({
    outbox,
    consumer: 'deadletters',
    // Not by the inbox: one event may fail at several destinations, and again after a redrive.
    handlers: [handleAny(({ event }) => store.keep(readDeadLetter(event)))],
  });

  return fn.app;
};

export type App = ReturnType<typeof createApp>;

const shown = ({ id, event, destination, code, reason, attempts, state, note, receivedAt }: Item) => ({
  id,
  event,
  destination,
  code,
  reason,
  attempts,
  state,
  note,
  receivedAt: receivedAt.toISOString(),
});
