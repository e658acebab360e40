import postgres, { type Sql } from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { orderCancelled } from '../../contracts/order.ts';
import type { Limits } from '../limits.ts';
import type { Log } from '../log.ts';
import { createOutbox, type Outbox } from '../outbox.ts';

export const silent: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** Hold and back-off short enough for a test to see them end. */
export const quick: Partial<Limits> = {
  holdMs: 600,
  postTimeoutMs: 300,
  firstBackoffMs: 20,
  maxBackoffMs: 200,
};

export interface Process {
  outbox: Outbox;
  sql: Sql;
  /** What dies with kill -9: connections, timers, memory. */
  die(): Promise<void>;
}

/** An outbox with connections of its own, as one process of a function has it. */
export function startProcess(
  url: string,
  sink: URL,
  limits: Partial<Limits> = quick,
  log: Log = silent,
): Process {
  const sql = postgres(url, { max: 4, onnotice: () => {}, fetch_types: false });
  const outbox = createOutbox({ sql, source: '/orders', sink, log, limits });
  return {
    outbox,
    sql,
    die: async () => {
      await outbox.stop();
      await sql.end({ timeout: 1 });
    },
  };
}

export const someOrder = () => ({ orderId: uuidv7(), userId: uuidv7() });

/** Publishes so many events in one transaction; answers their ids. */
export function publishMany(outbox: Outbox, count: number): Promise<string[]> {
  return outbox.transaction(async (_, publish) => {
    const ids: string[] = [];
    for (let n = 0; n < count; n++) ids.push(await publish(orderCancelled, someOrder()));
    return ids;
  });
}
