import { sql } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type * as z from 'zod';
import type { CountName } from './counts.ts';
import { orderStatuses, paymentStatuses, type Summary } from './operations.ts';
import type { Store } from './store.ts';

type Delay = { count: number; p50Ms: number | null; p99Ms: number | null };
type Handlers = z.output<typeof Summary>['handlers'];

/** How the business and the handlers of events fare: sums since the beginning, delays and deliveries of late. */
export const createSummary =
  (db: PostgresJsDatabase, store: Pick<Store, 'sums'>) => async (): Promise<z.output<typeof Summary>> => {
    const [sums, orderSettled, paymentSettled, eventReceived, handlers] = await Promise.all([
      store.sums(),
      settled(db, 'order'),
      settled(db, 'payment'),
      received(db),
      handled(db),
    ]);
    const of = (name: CountName) =>
      Object.fromEntries(
        sums.filter((sum) => sum.name === name && sum.value > 0).map(({ label, value }) => [label, value]),
      );
    const all = (name: CountName, labels: readonly string[]) => ({
      ...Object.fromEntries(labels.map((label) => [label, 0])),
      ...of(name),
    });
    const [captured, refunded] = [of('captured'), of('refunded')];
    const currencies = [...new Set([...Object.keys(captured), ...Object.keys(refunded)])].sort();
    return {
      at: new Date().toISOString(),
      orders: all('orders-now', orderStatuses),
      failures: of('failures'),
      revenue: currencies.map((currency) => ({
        currency,
        captured: captured[currency] ?? 0,
        refunded: refunded[currency] ?? 0,
      })),
      payments: all('payments-now', paymentStatuses),
      mails: of('mails'),
      users: of('users')[''] ?? 0,
      events: of('events'),
      records: of('records')[''] ?? 0,
      delays: { orderSettled, paymentSettled, eventReceived },
      handlers,
    };
  };

const percentiles = sql`
  count(*)::int as count,
  round((percentile_cont(0.5) within group (order by ms))::numeric, 1)::float8 as "p50Ms",
  round((percentile_cont(0.99) within group (order by ms))::numeric, 1)::float8 as "p99Ms"`;

const settled = async (db: PostgresJsDatabase, noun: 'order' | 'payment'): Promise<Delay> => {
  const [row] = await db.execute<Delay>(sql`
    select ${percentiles} from (
      select greatest(0, extract(epoch from ended_at - began_at) * 1000)::float8 as ms from analytics.subjects
      where noun = ${noun} and began_at is not null order by ended_at desc limit 1000
    ) newest`);
  return row as Delay;
};

const received = async (db: PostgresJsDatabase): Promise<Delay> => {
  // A receipt of another's event may have any id.
  const [row] = await db.execute<Delay>(sql`
    select ${percentiles} from (
      select greatest(0, extract(epoch from receipt.received_at - sent.created_at) * 1000)::float8 as ms
      from (select id, received_at from events.inbox order by received_at desc limit 1000) receipt
      join events.outbox sent
        on sent.id = case when receipt.id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then receipt.id::uuid end
    ) newest`);
  return row as Delay;
};

const handled = async (db: PostgresJsDatabase): Promise<Handlers> => {
  const rows = await db.execute<Handlers['services'][number] & { since: string; count: number }>(sql`
    select substring(role::text from '[^_]+$') as service, ${percentiles},
      count(*) filter (where code = 503)::int as retriable, count(*) filter (where code = 422)::int as refused,
      to_char(min(at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as since
    from (select role, code, ms, at from events.attempts order by seq desc limit 10000) newest
    group by role order by service`);
  return {
    since: rows.map(({ since }) => since).sort()[0] ?? null,
    deadLetters: rows.find(({ service }) => service === 'deadletters')?.count ?? 0,
    services: rows.map(({ service, count: attempts, retriable, refused, p50Ms, p99Ms }) => ({
      service,
      attempts,
      retriable,
      refused,
      p50Ms,
      p99Ms,
    })),
  };
};
