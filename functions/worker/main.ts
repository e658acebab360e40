import * as z from 'zod';
import { createOutbox } from '../../eventing/outbox/outbox.ts';
import { createBase } from '../kit/base.ts';
import { baseEnvironment, databaseUrl, httpUrl, parseConfig } from '../kit/config.ts';
import { connect } from '../kit/database.ts';
import { durationMs } from '../kit/duration.ts';
import { createCallee } from '../kit/http.ts';
import { serve } from '../kit/serve.ts';
import { traceparent } from '../kit/trace.ts';
import { createApp } from './app.ts';
import { lastHeartbeat } from './last-heartbeat.ts';
import { createFirstRounds, makeRound } from './make-round.ts';
import { createStore } from './store.ts';

/** The database keeps the least of each whatever it is asked. */
const atLeast = (days: number) =>
  z
    .string()
    .refine(
      (text) => (durationMs(text) ?? 0) >= days * 86_400_000,
      `must be an ISO 8601 duration of P${days}D or more`,
    )
    .transform((text) => durationMs(text) ?? 0);
const config = parseConfig(
  z.object({
    ...baseEnvironment,
    DATABASE_URL: databaseUrl,
    K_SINK: httpUrl,
    PAYMENTS_URL: httpUrl,
    EVENT_RETENTION: atLeast(1).prefault('P7D'),
    RECEIPT_RETENTION: atLeast(8).prefault('P30D'),
    RECORD_RETENTION: atLeast(8).prefault('P90D'),
  }),
  process.env,
);
const database = connect(config.DATABASE_URL, { max: 3, name: 'worker' });
const store = createStore(database.db);
const base = createBase({
  name: 'worker',
  config,
  folder: import.meta.dirname,
  checks: { database: database.check },
  moreHealth: () => lastHeartbeat(store),
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
  retention: {
    eventMs: config.EVENT_RETENTION,
    receiptMs: config.RECEIPT_RETENTION,
    recordMs: config.RECORD_RETENTION,
  },
};

const firstRounds = createFirstRounds(round, base.log);

await serve(createApp({ base, outbox, round: () => makeRound(round, 'ping') }), {
  base,
  config,
  start: [outbox.start, firstRounds.start],
  stop: [firstRounds.stop, outbox.stop, database.close],
});
