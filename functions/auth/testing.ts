import { createOutbox } from '../../eventing/outbox/outbox.ts';
import { connect } from '../kit/database.ts';
import type { TestWorld } from '../kit/testing.ts';
import { createSigner } from './access-token.ts';
import { createApp } from './app.ts';
import { createFirstOperator } from './first-operator.ts';
import { createPasswords } from './password.ts';
import { createStore } from './store.ts';
import { createThrottle } from './throttle.ts';

export const testOperator = { email: 'operator@kagari.localhost', password: 'a long enough word' };

/** The app of real parts, for its own tests and the shared ones. */
export const startTestApp = async ({ base, identity, databaseUrl, sink }: TestWorld) => {
  const database = connect(databaseUrl, { max: 4, name: 'auth' });
  const outbox = createOutbox({ sql: database.sql, source: '/auth', sink, log: base.log });
  const store = createStore(database.db);
  const passwords = createPasswords();
  const operator = createFirstOperator({ store, passwords, transaction: outbox.transaction }, testOperator);
  const app = createApp({
    base: { ...base, checks: { database: database.check } },
    store,
    transaction: outbox.transaction,
    passwords,
    signer: createSigner(async () => JSON.stringify(identity.privateKey)),
    throttle: createThrottle(database.sql),
    operator,
    keys: async () => identity.keys,
  });
  const close = async () => {
    await outbox.stop();
    await database.close();
  };
  return { app, database, operator, close };
};
