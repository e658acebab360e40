import type { Outbox, Publish, Work } from '../../eventing/outbox/outbox.ts';
import type { Transaction } from '../../eventing/outbox/rows.ts';

export type { Publish, Transaction };

/** Runs work and records its cause in one transaction; a cause that was recorded before does nothing. */
export type Once = (work: Work<void>) => Promise<'done' | 'duplicate'>;

/** What a receiver of events needs of the outbox. */
export type Inbox = Pick<Outbox, 'receive' | 'recordAttempt'>;

/** Runs work in one transaction with the events it publishes. */
export type Transact = Outbox['transaction'];

/** One statement with the events it tells of. */
export type Write = Outbox['write'];
