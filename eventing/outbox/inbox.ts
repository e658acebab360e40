import type { Sql } from 'postgres';
import { createBatcher } from './batcher.ts';
import { type Outbox, onlyRow, type Publish } from './outbox.ts';
import { drizzlePrepared } from './prepared.ts';
import { deliveryParameter } from './receive-event.ts';
import { type Attempt, insertAttempts, insertReceipt } from './rows.ts';

/** The receiving half of an outbox, for a function that has no sink: work that publishes fails. */
export type ReceivingEnd = Pick<Outbox, 'receive' | 'receiveBy' | 'recordAttempt' | 'stop'>;

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
    async receiveBy(delivery, work, compose) {
      await work(refuse);
      const { text, parameters } = compose(deliveryParameter(delivery), ['[]', 0]);
      return onlyRow(await sql.unsafe<never[]>(text, parameters as never[], { prepare: true }));
    },
    recordAttempt: (attempt) => attempts.add(attempt),
    stop: () => attempts.idle(),
  };
}
