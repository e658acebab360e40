import type { Sql } from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import type * as z from 'zod';
import type { CloudEvent } from '../contracts/cloud-event.ts';
import type { Contract } from '../contracts/contract.ts';
import { createBatcher } from './batcher.ts';
import { type EventParameters, eventList } from './insert-events.ts';
import { defaultLimits, type Limits } from './limits.ts';
import type { Log } from './log.ts';
import { createPost } from './post.ts';
import { drizzlePrepared } from './prepared.ts';
import { deliveryParameter, type InHand, type Received } from './receive-event.ts';
import { createRelay } from './relay.ts';
import {
  type Attempt,
  claimRows,
  holdRows,
  insertAttempts,
  insertReceipt,
  insertRows,
  markPublished,
  nextDue,
  type OutboxRow,
  type ReceivedEvent,
  type Transaction,
} from './rows.ts';

export interface OutboxOptions {
  /** The function's connections, logged in as its own role. */
  sql: Sql;
  /** The source of its events: `/orders`. */
  source: string;
  /** K_SINK: the only address that events are posted to. */
  sink: URL;
  log: Log;
  /** The trace that published events belong to; undefined outside of one. */
  traceparent?: () => string | undefined;
  limits?: Partial<Limits> | undefined;
}

/** Adds an event to the transaction; it goes out if and when the whole transaction commits. Answers the event's id. */
export type Publish = <S extends z.ZodType>(contract: Contract<S>, data: z.input<S>) => Promise<string>;

/** Adds an event that there has been before, unchanged: receivers that had it drop it. */
export type Resend = (event: CloudEvent) => Promise<void>;

export type Work<T> = (tx: Transaction, publish: Publish, resend: Resend) => Promise<T>;

/** One statement that writes state and its events: `insertEvents` says how it has the latter. */
export interface Statement<Row> {
  /** The same text each time: it is prepared once a connection. */
  text: string;
  parameters: unknown[];
  /** Whether the rows that it answered say that it wrote anything. */
  wrote(rows: readonly Row[]): boolean;
}

export interface Outbox {
  /**
   * State and outgoing events in one statement, which is a transaction of one round trip. `compose` gets the parameters
   * of `insertEvents`. Answers the statement's rows.
   */
  write<Row>(
    work: (publish: Publish) => Promise<unknown>,
    compose: (events: EventParameters) => Statement<Row>,
  ): Promise<Row[]>;
  /** State and outgoing events in one transaction. The events are posted right after it; the answer does not wait. */
  transaction<T>(work: Work<T>): Promise<T>;
  /** A transaction of one event. */
  publish: Publish;
  /** Work, its events and the receipt of its cause in one transaction; a cause received before does nothing. */
  receive(
    receipt: { consumer: string; event: ReceivedEvent },
    work: Work<void>,
  ): Promise<'done' | 'duplicate'>;
  /**
   * As `receive`, in one statement, which records the attempt, too, where it takes the event. `compose` gets the
   * parameter of `receiveEvent` and those of `insertEvents`. Answers the statement's row.
   */
  receiveBy<Row extends Received>(
    delivery: InHand,
    work: (publish: Publish) => Promise<unknown>,
    compose: (delivery: string, events: EventParameters) => Statement<Row>,
  ): Promise<Row>;
  /** For the timeline: outside of the handler's transaction, for a failed attempt is one too. */
  recordAttempt(attempt: Attempt): Promise<void>;
  /** Begins to post what an earlier process of this role left. */
  start(): Promise<void>;
  /** Posts what is in hand, within 2 s; the rest stays in the table. */
  stop(): Promise<void>;
  /** Posts what crashed processes left, of all roles for the worker; answers how many events went out. */
  sweep(options: { olderThanMs: number; limit: number }): Promise<number>;
}

const stopWithinMs = 2000;

export function createOutbox({ sql, source, sink, log, traceparent, limits: given }: OutboxOptions): Outbox {
  const limits = { ...defaultLimits, ...given };
  const db = drizzlePrepared(sql);
  const attempts = createBatcher<Attempt>((batch) => insertAttempts(sql, batch));
  const relay = createRelay({
    table: {
      claim: (options) => claimRows(sql, options),
      nextDue: () => nextDue(sql),
      markPublished: (ids) => markPublished(sql, ids),
      hold: (ids, ms) => holdRows(sql, ids, ms),
    },
    post: createPost(sink, limits.postTimeoutMs),
    limits,
    log,
  });

  /** Runs what writes the draft's rows; where it may have, somebody has them in hand afterwards. */
  async function settle<T>(draft: Draft, run: (begun: () => void) => Promise<[result: T, wrote: boolean]>) {
    let writtenAt = 0;
    try {
      const [result, wrote] = await run(() => {
        writtenAt = performance.now();
      });
      if (wrote && draft.rows.length > 0) relay.hand(draft.rows, writtenAt);
      return result;
    } catch (error) {
      // The connection may have broken after the commit: then nobody has the rows in hand.
      if (writtenAt > 0 && draft.rows.length > 0) relay.lookIn(limits.holdMs);
      throw error;
    }
  }

  async function transaction<T>(work: Work<T>): Promise<T> {
    const draft = createDraft(source, traceparent);
    return settle(draft, async (begun) => {
      const result = await db.transaction(async (tx) => {
        const outcome = await work(tx, draft.publish, draft.resend);
        const rows = draft.close();
        begun();
        if (rows.length > 0) await insertRows(tx, rows, limits.holdMs);
        return outcome;
      });
      return [result, true];
    });
  }

  async function write<Row>(
    work: (publish: Publish) => Promise<unknown>,
    compose: (events: EventParameters) => Statement<Row>,
  ): Promise<Row[]> {
    const draft = createDraft(source, traceparent);
    await work(draft.publish);
    const { text, parameters, wrote } = compose([eventList(draft.close()), limits.holdMs]);
    return settle(draft, async (begun) => {
      begun();
      const rows = (await sql.unsafe(text, parameters as never[], { prepare: true })) as unknown as Row[];
      return [rows, wrote(rows)];
    });
  }

  return {
    write,
    transaction,
    publish: (contract, data) => transaction((_, publish) => publish(contract, data)),
    receive: ({ consumer, event }, work) =>
      transaction(async (tx, publish, resend) => {
        if (!(await insertReceipt(tx, consumer, event))) return 'duplicate';
        await work(tx, publish, resend);
        return 'done';
      }),
    async receiveBy(delivery, work, compose) {
      const given = deliveryParameter(delivery);
      return onlyRow(await write(work, (events) => compose(given, events)));
    },
    recordAttempt: (attempt) => attempts.add(attempt),
    start: async () => relay.lookIn(0),
    stop: async () => {
      await relay.stop(stopWithinMs);
      await attempts.idle();
    },
    sweep: ({ olderThanMs, limit }) => relay.sweep({ idleMs: olderThanMs, limit }),
  };
}

/** A statement that takes an event answers whether it did. */
export const onlyRow = <Row>([row]: readonly Row[]): Row => {
  if (!row) throw new Error('a statement that takes an event answered nothing');
  return row;
};

type Draft = ReturnType<typeof createDraft>;

/** The events of one transaction, gathered until its end and then written by one statement. */
function createDraft(source: string, traceparent: OutboxOptions['traceparent']) {
  const rows: OutboxRow[] = [];
  let closed = false;
  let broken: unknown;

  const add = (row: OutboxRow) => {
    if (closed) throw new Error('an event was published after the end of its transaction: a missing await?');
    rows.push(row);
  };
  const publish: Publish = async (contract, data) => {
    const parsed = contract.schema.safeParse(data);
    if (!parsed.success) {
      broken ??= parsed.error;
      throw parsed.error;
    }
    const id = uuidv7();
    const trace = traceparent?.();
    add({
      id,
      event: {
        specversion: '1.0',
        id,
        source,
        type: contract.type,
        subject: contract.subject(parsed.data),
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        partitionkey: contract.partitionKey(parsed.data),
        ...(trace && { traceparent: trace }),
        data: parsed.data,
      },
    });
    return id;
  };
  const resend: Resend = async (event) => add({ id: uuidv7(), event });
  const close = () => {
    closed = true;
    // A caught error must not commit half of what the work wanted.
    if (broken) throw broken;
    return rows;
  };
  return { rows, publish, resend, close };
}
