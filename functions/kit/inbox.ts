import type { EventParameters } from '../../eventing/outbox/insert-events.ts';
import type { Outbox, Publish, Statement, Work } from '../../eventing/outbox/outbox.ts';
import type { Received } from '../../eventing/outbox/receive-event.ts';
import type { Transaction } from '../../eventing/outbox/rows.ts';

export type { Publish, Transaction };

/** Runs work and records its cause in one transaction; a cause that was recorded before does nothing. */
export type Once = (work: Work<void>) => Promise<'done' | 'duplicate'>;

/**
 * As Once, by one statement that has the parts of `receiveEvent` and `insertEvents` in it: `publish` gathers the events
 * that it writes. Answers its row, which says whether it took the event.
 */
export type OnceBy = <Row extends Received>(
  work: (publish: Publish) => Promise<unknown>,
  compose: (delivery: string, events: EventParameters) => Statement<Row>,
) => Promise<Row>;

/** What a receiver of events needs of the outbox. */
export type Inbox = Pick<Outbox, 'receive' | 'receiveBy' | 'recordAttempt'>;

/** Runs work in one transaction with the events it publishes. */
export type Transact = Outbox['transaction'];

/** One statement with the events it tells of. */
export type Write = Outbox['write'];
