import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { contracts } from '../../eventing/contracts/registry.ts';
import type { Base } from '../kit/base.ts';
import { handle } from '../kit/events.ts';
import { createFunction } from '../kit/function.ts';
import type { Inbox } from '../kit/inbox.ts';
import { notFound } from '../kit/problem.ts';
import { readTold } from './facts.ts';
import { createHearing } from './hear-event.ts';
import { operations } from './operations.ts';
import { renderMetrics } from './render-metrics.ts';
import { createStore } from './store.ts';
import { createSummary } from './sum-up.ts';
import { traceSubject } from './trace-subject.ts';

export interface Deps {
  base: Base;
  db: PostgresJsDatabase;
  inbox: Inbox;
}

export const createApp = ({ base, db, inbox }: Deps) => {
  const fn = createFunction(base);
  const store = createStore(db);
  const sumUp = createSummary(db, store);
  const hearEvent = createHearing(store);

  fn.on(operations.recordEvent, async ({ c, actor, body }) =>
    c.json({ id: await store.keepRecord(actor.id, body) }, 202),
  );

  fn.on(operations.metrics, async () => {
    const { contentType, body } = await renderMetrics(await store.sums());
    return new Response(body, { headers: { 'content-type': contentType } });
  });

  fn.on(operations.summary, async ({ c }) => c.json(await sumUp()));

  fn.on(operations.timeline, async ({ c, actor, params: { subject } }) => {
    const own = actor.role === 'operator' || (await store.ownerOf(subject)) === actor.id;
    const entries = own ? await traceSubject(db, subject) : [];
    if (entries.length === 0) throw notFound();
    return c.json({ subject, entries });
  });

  fn.events({
    outbox: inbox,
    consumer: 'analytics',
    handlers: contracts.map((contract) =>
      handle(contract, ({ event, data, onceBy }) =>
        hearEvent(onceBy, contract.type, readTold(contract, event, data)),
      ),
    ),
  });

  return fn.app;
};

export type App = ReturnType<typeof createApp>;
