import { createOutbox } from '../../eventing/outbox/outbox.ts';
import { connect } from '../kit/database.ts';
import type { TestWorld } from '../kit/testing.ts';
import { createApp } from './app.ts';
import { createStore } from './store.ts';

/** The app of real parts, for its own tests and the shared ones. */
export const startTestApp = async ({ base, databaseUrl, sink, limits }: TestWorld) => {
  const database = connect(databaseUrl, { max: 6, name: 'deadletters' });
  const outbox = createOutbox({ sql: database.sql, source: '/deadletters', sink, log: base.log, limits });
  const app = createApp({
    base: { ...base, checks: { database: database.check } },
    store: createStore(database.db),
    outbox,
  });
  await outbox.start();
  const close = async () => {
    await outbox.stop();
    await database.close();
  };
  return { app, database, close };
};
