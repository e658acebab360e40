import * as z from 'zod';
import { createOutbox } from '../../eventing/outbox/outbox.ts';
import { createBase } from '../kit/base.ts';
import { baseEnvironment, databaseUrl, httpUrl, parseConfig } from '../kit/config.ts';
import { connect } from '../kit/database.ts';
import { createCallee } from '../kit/http.ts';
import { serve } from '../kit/serve.ts';
import { traceparent } from '../kit/trace.ts';
import { createApp } from './app.ts';
import { createFirstRounds, makeRound } from './make-round.ts';
import { createStore } from './store.ts';

const config = parseConfig(
  z.object({ ...baseEnvironment, DATABASE_URL: databaseUrl, K_SINK: httpUrl, PAYMENTS_URL: httpUrl }),
  process.env,
);
const database = connect(config.DATABASE_URL, { max: 3, name: 'worker' });
const store = createStore(database.db);
const base = createBase({
  name: 'worker',
  config,
  folder: import.meta.dirname,
  checks: { database: database.check },
  moreHealth: async () => ({ lastHeartbeat: (await store.lastHeartbeat())?.toISOString() ?? null }),
});
const outbox = createOutbox({
  sql: database.sql,
  source: '/worker',
  sink: new URL(config.K_SINK),
  log: base.log,
  traceparent,
});
const payments = createCallee({ name: 'payments', url: config.PAYMENTS_URL, timeoutMs: 30_000 });
const round = {
  store,
  outbox,
  reconcile: () => payments({ method: 'POST', path: '/reconcile' }),
};

const firstRounds = createFirstRounds(round, base.log);

await serve(createApp({ base, outbox, round: () => makeRound(round, 'ping') }), {
  base,
  config,
  start: [outbox.start, firstRounds.start],
  stop: [firstRounds.stop, outbox.stop, database.close],
});
