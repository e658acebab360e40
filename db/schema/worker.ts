import { bigint, pgSchema, text, timestamp } from 'drizzle-orm/pg-core';

export const heartbeats = pgSchema('worker').table('heartbeats', {
  id: bigint({ mode: 'number' }).generatedAlwaysAsIdentity().primaryKey(),
  at: timestamp({ withTimezone: true }).notNull().defaultNow(),
  cause: text({ enum: ['start', 'ping'] }).notNull(),
});
