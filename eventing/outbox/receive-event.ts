import { originOf, plain } from './insert-events.ts';
import type { ReceivedEvent } from './rows.ts';

/** A delivery that is in hand. */
export interface InHand {
  consumer: string;
  event: ReceivedEvent;
  /** How long it has been in hand. */
  ms: number;
}

/** What a statement that has `receiveEvent` in it answers first of all. */
export interface Received {
  /** False: nothing was done, since the consumer had the event before or the statement's own condition was not met. */
  received: boolean;
}

/**
 * The first parts of a statement that takes an event: `receipt` has a row where the consumer had it not before, and
 * what else the statement writes must depend on that; the delivery is recorded as done with it. `given` names the
 * parameter; `where` is what must be true besides. Waits for a concurrent transaction with the same event to end.
 */
export const receiveEvent = (given: string, where = 'true'): string => `
  delivery as materialized (
    select * from json_to_record(${given}::text::json) as delivery (
      consumer text, origin text, source text, id text, type text, subject text, ms int)
  ), receipt as (
    insert into events.inbox (consumer, origin, source, id, type, subject)
    select consumer, decode(origin, 'hex'), source, id, type, subject from delivery where ${where}
    on conflict do nothing returning 1
  ), attempt as (
    insert into events.attempts (consumer, source, id, type, subject, code, ms, at)
    select consumer, source, id, type, subject, 204, ms, clock_timestamp() from delivery where exists (select from receipt)
  )`;

/**
 * Fails, and so takes back all that the statement wrote, where it has received the event and the condition is not met.
 * In the place of a column, beside one called `received`.
 */
export const orTakeBack = (condition: string): string => `1 / (not received or ${condition})::int`;

/** Whether `orTakeBack` failed: division_by_zero. */
export const isTakenBack = (error: unknown): boolean => (error as { code?: unknown }).code === '22012';

export const deliveryParameter = ({ consumer, event, ms }: InHand): string =>
  JSON.stringify({
    consumer,
    origin: originOf(event),
    source: plain(event.source),
    id: plain(event.id),
    type: plain(event.type),
    subject: plain(event.subject),
    ms: Math.round(ms),
  });
