import { createHash } from 'node:crypto';
import type { Sql } from 'postgres';
import { v7 as uuidv7 } from 'uuid';

export interface Published {
  subject: string;
  key: string | null;
  days: number;
  published?: boolean;
}

export const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();

export const originOf = (id: string) =>
  createHash('sha256').update(`${'/orders'.length}:/orders${id}`).digest();

/** Writes rows of some days ago, as orders, payments and the desk would have written them. */
export const createOldRows = (admin: Sql) => ({
  clear: () =>
    admin`truncate events.outbox, events.inbox, events.attempts, deadletters.items, worker.heartbeats`,

  /** So many pings, five minutes apart, the last of them some days ago. */
  async live(pings: number, endedDaysAgo = 0) {
    await admin`delete from worker.heartbeats`;
    await admin`
      insert into worker.heartbeats (at, cause)
      select ${ago(endedDaysAgo)}::text::timestamptz - i * interval '5 minutes', 'ping'
      from generate_series(1, ${pings}::int) i`;
  },

  async publish({ subject, key, days, published = true }: Published) {
    const id = uuidv7({ msecs: Date.parse(ago(days)) });
    await admin`
      insert into events.outbox (id, role, event, subject, type, partition_key, created_at, published_at)
      values (${id}, 'kagari_template_orders', '{}', ${subject}, 't', ${key}, ${ago(days)},
        ${published ? ago(days) : null})`;
    return id;
  },

  async receive(id: string, { subject, days }: { subject: string | null; days: number }) {
    await admin`
      insert into events.inbox (role, consumer, origin, source, id, type, subject, received_at)
      values ('kagari_template_payments', 'payments', ${originOf(id)}, '/orders', ${id}, 't', ${subject},
        ${ago(days)})`;
    await admin`
      insert into events.attempts (role, consumer, source, id, type, subject, code, ms, at)
      values ('kagari_template_payments', 'payments', '/orders', ${id}, 't', ${subject}, 204, 1, ${ago(days)})`;
  },

  async deadLetter(id: string, state: string, decidedDays: number | null) {
    await admin`
      insert into deadletters.items (id, event, origin, type, destination, round, state, decided_at)
      values (${uuidv7()}, '{}', ${originOf(id)}, 't', ${`where it was ${state}`}, 0, ${state},
        ${decidedDays === null ? null : ago(decidedDays)})`;
  },

  receipts: async () => (await admin`select id from events.inbox order by received_at`).map(({ id }) => id),

  count: async (table: string) =>
    (await admin<[{ n: number }]>`select count(*)::int as n from ${admin(table)}`)[0].n,
});
