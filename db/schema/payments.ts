import { bigint, pgSchema, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';

const schema = pgSchema('payments');
const at = (name: string) => timestamp(name, { withTimezone: true });

export const payments = schema.table('payments', {
  id: uuid().primaryKey(),
  orderId: uuid('order_id').notNull().unique(),
  userId: uuid('user_id').notNull(),
  amount: bigint({ mode: 'number' }).notNull(),
  currency: text().notNull(),
  token: text().notNull(),
  status: text({ enum: ['initiated', 'succeeded', 'failed', 'refunded'] })
    .notNull()
    .default('initiated'),
  failureReason: text('failure_reason'),
  acceptedAt: at('accepted_at'),
  deadlineAt: at('deadline_at').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
});

export const history = schema.table(
  'history',
  {
    paymentId: uuid('payment_id').notNull(),
    status: text().notNull(),
    at: at('at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.paymentId, table.status] })],
);

export const cancellations = schema.table('cancellations', {
  orderId: uuid('order_id').primaryKey(),
  userId: uuid('user_id').notNull(),
  at: at('at').notNull().defaultNow(),
  endedAt: at('ended_at'),
});

export const webhooks = schema.table('webhooks', {
  id: text().primaryKey(),
  receivedAt: at('received_at').notNull().defaultNow(),
});
