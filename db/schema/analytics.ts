import { bigint, jsonb, pgSchema, primaryKey, smallint, text, timestamp, uuid } from 'drizzle-orm/pg-core';

const schema = pgSchema('analytics');
const at = (name: string) => timestamp(name, { withTimezone: true });

/** What events have told of one order, payment, mail or user. */
export interface Facts {
  /** When each of its events was: verb of the event's type to RFC 3339. */
  at: Record<string, string>;
  amount?: number;
  currency?: string;
  /** Why it failed, as a short word. */
  reason?: string;
  /** Of a mail. */
  type?: string;
}

export const subjects = schema.table('subjects', {
  id: text().primaryKey(),
  noun: text().notNull(),
  userId: uuid('user_id').notNull(),
  facts: jsonb().$type<Partial<Facts>>().notNull().default({}),
  beganAt: at('began_at'),
  endedAt: at('ended_at'),
});

export const counters = schema.table(
  'counters',
  {
    name: text().notNull(),
    label: text().notNull(),
    slot: smallint().notNull(),
    value: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.name, table.label, table.slot] })],
);

export const records = schema.table('records', {
  id: uuid().primaryKey(),
  userId: uuid('user_id').notNull(),
  type: text().notNull(),
  subject: text(),
  data: jsonb(),
  at: at('at').notNull().defaultNow(),
});
