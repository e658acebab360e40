import { bigint, integer, pgSchema, primaryKey, text } from 'drizzle-orm/pg-core';

export const partitions = pgSchema('consumer').table(
  'partitions',
  {
    topic: text().notNull(),
    partition: integer().notNull(),
    count: bigint({ mode: 'number' }).notNull(),
    lastOffset: bigint('last_offset', { mode: 'bigint' }).notNull(),
  },
  ({ topic, partition }) => [primaryKey({ columns: [topic, partition] })],
);
