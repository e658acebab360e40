import { createOutbox } from '../../eventing/outbox/outbox.ts';
import { connect } from '../kit/database.ts';
import type { TestWorld } from '../kit/testing.ts';
import { createApp } from './app.ts';
import type { Retention } from './drop-old.ts';
import { lastHeartbeat } from './last-heartbeat.ts';
import { createFirstRounds, makeRound } from './make-round.ts';
import { createStore } from './store.ts';

const days = 86_400_000;
export const testRetention: Retention = { eventMs: 7 * days, receiptMs: 30 * days, recordMs: 90 * days };

export interface TestWorker {
  reconcile?: () => Promise<void>;
  secondAfterMs?: number;
}

/** The app of real parts, for its own tests and the shared ones. */
export const startTestApp = async (
  { base, databaseUrl, sink }: TestWorld,
  { reconcile = async () => {}, secondAfterMs = 0 }: TestWorker = {},
) => {
  const database = connect(databaseUrl, { max: 3, name: 'worker' });
  const outbox = createOutbox({ sql: database.sql, source: '/worker', sink, log: base.log });
  const store = createStore(database.db);
  const round = { store, outbox, reconcile, retention: testRetention };
  const firstRounds = createFirstRounds(round, base.log, secondAfterMs);
  const app = createApp({
    base: {
      ...base,
      checks: { database: database.check },
      moreHealth: () => lastHeartbeat(store),
    },
    outbox,
    round: () => makeRound(round, 'ping'),
  });
  const close = async () => {
    await firstRounds.stop();
    await outbox.stop();
    await database.close();
  };
  return { app, database, store, firstRounds, close };
};
