import { createInbox } from '../../eventing/outbox/inbox.ts';
import { connect } from '../kit/database.ts';
import type { TestWorld } from '../kit/testing.ts';
import { createApp } from './app.ts';

/** The app of real parts, for its own tests and the shared ones. */
export const startTestApp = async ({ base, databaseUrl }: TestWorld) => {
  const database = connect(databaseUrl, { max: 4, name: 'analytics' });
  const inbox = createInbox(database.sql);
  const app = createApp({
    base: { ...base, checks: { database: database.check } },
    db: database.db,
    inbox,
  });
  const close = async () => {
    await inbox.stop();
    await database.close();
  };
  return { app, database, close };
};
