import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type * as z from 'zod';
import type { ReceivedEvent } from './cloud-event.ts';

export type Transaction = Parameters<Parameters<PostgresJsDatabase['transaction']>[0]>[0];

export interface Contract<S extends z.ZodType> {
  type: string;
  schema: S;
}

/** Adds an event to the transaction's outbox. */
export type Publish = <S extends z.ZodType>(contract: Contract<S>, data: z.input<S>) => Promise<unknown>;

export type Work = (tx: Transaction, publish: Publish) => Promise<void>;

export type Once = (work: Work) => Promise<'done' | 'duplicate'>;

/** What the kit needs of eventing/outbox. */
export interface Inbox {
  receive(receipt: { consumer: string; event: ReceivedEvent }, work: Work): Promise<'done' | 'duplicate'>;
  recordAttempt(attempt: {
    consumer: string;
    event: ReceivedEvent;
    code: number;
    reason: string | null;
    ms: number;
  }): Promise<void>;
}

/** Runs work in one transaction with the events it publishes. */
export type Transact = <T>(work: (tx: Transaction, publish: Publish) => Promise<T>) => Promise<T>;
