import { bigint, customType, jsonb, pgSchema, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';

const schema = pgSchema('orders');
const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

export const products = schema.table('products', {
  sku: text().primaryKey(),
  name: text().notNull(),
  amount: bigint({ mode: 'number' }).notNull(),
  currency: text().notNull(),
});

export interface OrderItem {
  sku: string;
  quantity: number;
  unitAmount: number;
}

export const orders = schema.table('orders', {
  id: uuid().primaryKey(),
  userId: uuid('user_id').notNull(),
  status: text({ enum: ['pending', 'paid', 'failed', 'cancelled'] })
    .notNull()
    .default('pending'),
  items: jsonb().$type<OrderItem[]>().notNull(),
  amount: bigint({ mode: 'number' }).notNull(),
  currency: text().notNull(),
  paymentId: uuid('payment_id'),
  failureReason: text('failure_reason'),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});

export const history = schema.table(
  'history',
  {
    orderId: uuid('order_id').notNull(),
    status: text().notNull(),
    at: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.orderId, table.status] })],
);

export const idempotencyKeys = schema.table(
  'idempotency_keys',
  {
    userId: uuid('user_id').notNull(),
    key: text().notNull(),
    fingerprint: bytea().notNull(),
    orderId: uuid('order_id').notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.key] })],
);
