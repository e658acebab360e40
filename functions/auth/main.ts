import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { createOutbox } from '../../eventing/outbox/outbox.ts';
import { createBase } from '../kit/base.ts';
import { baseEnvironment, databaseUrl, httpUrl, identityEnvironment, parseConfig } from '../kit/config.ts';
import { connect } from '../kit/database.ts';
import { serve } from '../kit/serve.ts';
import { traceparent } from '../kit/trace.ts';
import { createVerifier, keysInFile } from '../kit/verify.ts';
import { createSigner } from './access-token.ts';
import { createApp } from './app.ts';
import { createFirstOperator } from './first-operator.ts';
import { createPasswords } from './password.ts';
import { createStore } from './store.ts';
import { createThrottle } from './throttle.ts';

const config = parseConfig(
  z.object({
    ...baseEnvironment,
    ...identityEnvironment,
    DATABASE_URL: databaseUrl,
    K_SINK: httpUrl,
    AUTH_KEY_FILE: z.string(),
    OPERATOR_EMAIL: z.string().trim().toLowerCase().pipe(z.email()),
    OPERATOR_PASSWORD: z.string(),
  }),
  process.env,
);
const database = connect(config.DATABASE_URL, { max: 4, name: 'auth' });
const keys = keysInFile(config.JWKS_FILE);
const base = {
  ...createBase({
    name: 'auth',
    config,
    folder: import.meta.dirname,
    checks: { database: database.check },
  }),
  verify: createVerifier({ keys }),
};
const outbox = createOutbox({
  sql: database.sql,
  source: '/auth',
  sink: new URL(config.K_SINK),
  log: base.log,
  traceparent,
});
const store = createStore(database.db);
const passwords = createPasswords();
const operator = createFirstOperator(
  { store, passwords, transaction: outbox.transaction },
  { email: config.OPERATOR_EMAIL, password: config.OPERATOR_PASSWORD },
);
const app = createApp({
  base,
  store,
  transaction: outbox.transaction,
  passwords,
  signer: createSigner(() => readFile(config.AUTH_KEY_FILE, 'utf8')),
  throttle: createThrottle(database.sql),
  operator,
  keys,
});

await serve(app, {
  base,
  config,
  start: [outbox.start, operator.ensure],
  stop: [outbox.stop, database.close],
});
