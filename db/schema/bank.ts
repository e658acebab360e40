import { bigint, integer, pgSchema, text, timestamp, uuid } from 'drizzle-orm/pg-core';

const schema = pgSchema('bank');
const at = (name: string) => timestamp(name, { withTimezone: true });

export const charges = schema.table('charges', {
  paymentId: uuid('payment_id').primaryKey(),
  amount: bigint({ mode: 'number' }),
  currency: text(),
  token: text(),
  status: text({ enum: ['pending', 'captured', 'failed', 'cancelled', 'refunded'] }).notNull(),
  reason: text(),
  captures: integer().notNull().default(0),
  refunds: integer().notNull().default(0),
  capturesAt: at('captures_at'),
  createdAt: at('created_at').notNull().defaultNow(),
  settledAt: at('settled_at'),
});

export const webhooks = schema.table('webhooks', {
  id: bigint({ mode: 'number' }).generatedAlwaysAsIdentity().primaryKey(),
  webhookId: text('webhook_id').notNull(),
  paymentId: uuid('payment_id').notNull(),
  type: text({ enum: ['charge.captured', 'charge.failed'] }).notNull(),
  state: text({ enum: ['pending', 'delivered', 'abandoned'] })
    .notNull()
    .default('pending'),
  attempts: integer().notNull().default(0),
  dueAt: at('due_at').notNull().defaultNow(),
  createdAt: at('created_at').notNull().defaultNow(),
});
