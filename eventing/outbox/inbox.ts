import type { Sql } from 'postgres';
import { createBatcher } from './batcher.ts';
import type { Outbox, Publish } from './outbox.ts';
import { drizzlePrepared } from './prepared.ts';
import { type Attempt, insertAttempts, insertReceipt } from './rows.ts';

/** The receiving half of an outbox, for a function that has no sink: work that publishes fails. */
export type ReceivingEnd = Pick<Outbox, 'receive' | 'recordAttempt' | 'stop'>;

export function createInbox(sql: Sql): ReceivingEnd {
  const db = drizzlePrepared(sql);
  const attempts = createBatcher<Attempt>((batch) => insertAttempts(sql, batch));
  const refuse: Publish = async () => {
    throw new Error('this function has no sink to publish to');
  };

  return {
    receive: ({ consumer, event }, work) =>
      db.transaction(async (tx) => {
        if (!(await insertReceipt(tx, consumer, event))) return 'duplicate';
        await work(tx, refuse, refuse as () => Promise<never>);
        return 'done';
      }),
    recordAttempt: (attempt) => attempts.add(attempt),
    stop: () => attempts.idle(),
  };
}
