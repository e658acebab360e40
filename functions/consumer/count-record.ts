import { sql } from 'drizzle-orm';
import { partitions } from '../../db/schema/consumer.ts';
import type { Transaction } from '../kit/inbox.ts';
import type { RecordPlace } from './record-place.ts';

/** Counts a record of a partition. */
export const countRecord = async (
  tx: Transaction,
  { topic, partition, offset }: RecordPlace,
): Promise<void> => {
  await tx
    .insert(partitions)
    .values({ topic, partition, count: 1, lastOffset: offset })
    .onConflictDoUpdate({
      target: [partitions.topic, partitions.partition],
      set: {
        count: sql`${partitions.count} + 1`,
        // Unordered deliveries, and redriven ones, come late.
        lastOffset: sql`greatest(${partitions.lastOffset}, excluded.last_offset)`,
      },
    });
};
