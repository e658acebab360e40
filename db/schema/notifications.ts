import { integer, pgSchema, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core';

const schema = pgSchema('notifications');
const at = (name: string) => timestamp(name, { withTimezone: true });

export const contacts = schema.table('contacts', {
  userId: uuid('user_id').primaryKey(),
  email: text().notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
});

export const mailTypes = ['welcome', 'order-paid', 'order-failed', 'order-cancelled'] as const;

export const mails = schema.table(
  'mails',
  {
    id: uuid().primaryKey(),
    userId: uuid('user_id').notNull(),
    type: text({ enum: mailTypes }).notNull(),
    about: uuid().notNull(),
    recipient: text().notNull(),
    subject: text().notNull(),
    body: text().notNull(),
    sentAt: at('sent_at').notNull().defaultNow(),
    state: text({ enum: ['kept', 'pending', 'sent', 'refused', 'abandoned'] })
      .notNull()
      .default('kept'),
    attempts: integer().notNull().default(0),
    dueAt: at('due_at'),
    reply: text(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (table) => [unique().on(table.type, table.about)],
);
