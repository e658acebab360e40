import { createInbox } from '../../eventing/outbox/inbox.ts';
import { connect } from '../kit/database.ts';
import type { TestWorld } from '../kit/testing.ts';
import { createApp } from './app.ts';
import { createStore } from './store.ts';

/** The app of real parts, for its own tests and the shared ones. */
export const startTestApp = async ({ base, databaseUrl }: Pick<TestWorld, 'base' | 'databaseUrl'>) => {
  const database = connect(databaseUrl, { max: 4, name: 'consumer' });
  const inbox = createInbox(database.sql);
  const app = createApp({
    base: { ...base, checks: { database: database.check } },
    store: createStore(database.db),
    outbox: inbox,
  });
  const close = async () => {
    await inbox.stop();
    await database.close();
  };
  return { app, database, close };
};
