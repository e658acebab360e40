import { customType, integer, json, pgSchema, text, timestamp, uuid } from 'drizzle-orm/pg-core';

const schema = pgSchema('deadletters');
const at = (name: string) => timestamp(name, { withTimezone: true });
const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

export const states = ['open', 'redriven', 'discarded'] as const;

export const items = schema.table('items', {
  id: uuid().primaryKey(),
  event: json().$type<Record<string, unknown>>().notNull(),
  origin: bytea().notNull(),
  type: text().notNull(),
  destination: text(),
  round: integer().notNull(),
  code: integer(),
  reason: text(),
  attempts: integer(),
  state: text({ enum: states }).notNull().default('open'),
  redrivenAs: integer('redriven_as'),
  note: text(),
  decidedBy: text('decided_by'),
  decidedAt: at('decided_at'),
  receivedAt: at('received_at').notNull().defaultNow(),
});
