import { createOutbox } from '../../eventing/outbox/outbox.ts';
import { connect } from '../kit/database.ts';
import type { TestWorld } from '../kit/testing.ts';
import { createApp } from './app.ts';
import { createCatalog } from './catalog.ts';
import { createForgetting } from './forget-keys.ts';
import { createStore } from './store.ts';

/** The app of real parts, for its own tests and the shared ones. */
export const startTestApp = async ({ base, databaseUrl, sink, limits }: TestWorld) => {
  const database = connect(databaseUrl, { max: 6, name: 'orders' });
  const outbox = createOutbox({ sql: database.sql, source: '/orders', sink, log: base.log, limits });
  const store = createStore(database.db);
  const forgetting = createForgetting(store, base.log);
  const app = createApp({
    base: { ...base, checks: { database: database.check } },
    store,
    catalog: createCatalog(database.db, 0),
    outbox,
  });
  await outbox.start();
  const close = async () => {
    await forgetting.stop();
    await outbox.stop();
    await database.close();
  };
  return { app, database, forgetting, close };
};
