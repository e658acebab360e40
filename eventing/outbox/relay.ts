import { createBatcher } from './batcher.ts';
import type { Limits } from './limits.ts';
import type { Log } from './log.ts';
import type { Outcome } from './post.ts';
import type { OutboxRow } from './rows.ts';
import { createSender } from './sender.ts';

/** The table, as the relay sees it: rows.ts over one function's connections. */
export interface RelayTable {
  claim(options: { limit: number; holdMs: number; idleMs?: number }): Promise<OutboxRow[]>;
  nextDue(): Promise<number | undefined>;
  markPublished(ids: string[]): Promise<void>;
  hold(ids: string[], ms: number): Promise<void>;
}

export interface RelayOptions {
  table: RelayTable;
  post: (event: OutboxRow['event']) => Promise<Outcome>;
  limits: Limits;
  log: Log;
}

export interface Relay {
  /** Posts rows that were committed a moment ago; `writtenAt` is performance.now() before they were written. */
  hand(rows: readonly OutboxRow[], writtenAt: number): void;
  /** Once `ms` have passed there may be rows in the table that nobody holds. */
  lookIn(ms: number): void;
  /** Posts rows that nobody has held for `idleMs`; answers how many went out. */
  sweep(options: { idleMs: number; limit: number }): Promise<number>;
  stop(withinMs: number): Promise<void>;
}

/**
 * Brings rows to the sink: straight from their transaction, or by a claim from the table. A row that is not out before
 * its hold ends goes back to the table, where any relay may claim it. An idle relay leaves the database alone.
 */
export function createRelay({ table, post, limits, log }: RelayOptions): Relay {
  const claimed = new Map<string, (published: boolean) => void>();
  const marks = createBatcher<string>(table.markPublished, { gatherMs: limits.markMs });
  let stopping = false;
  let lookTimer: NodeJS.Timeout | undefined;
  let lookAt = Number.POSITIVE_INFINITY;
  let looking = Promise.resolve();
  let refusals = Promise.resolve();
  const left: string[] = [];

  const sender = createSender({
    post,
    limits,
    log,
    settle(row, end) {
      claimed.get(row.id)?.(end === 'accepted');
      claimed.delete(row.id);
      if (end === 'accepted') mark(row);
      else if (end === 'refused')
        refusals = refusals.then(() => table.hold([row.id], limits.refusedMs)).catch(later);
      else if (stopping) left.push(row.id);
      else later();
    },
  });

  const later = () => lookIn(limits.holdMs);

  function mark(row: OutboxRow): void {
    marks.add(row.id).catch((error: unknown) => {
      log.warn({ err: error, id: row.event.id }, 'published but not marked: it will be published again');
      later();
    });
  }

  function lookIn(ms: number): void {
    const at = performance.now() + ms;
    if (stopping || at >= lookAt) return;
    lookAt = at;
    clearTimeout(lookTimer);
    lookTimer = setTimeout(() => {
      lookAt = Number.POSITIVE_INFINITY;
      looking = looking.then(look);
    }, ms);
  }

  async function look(): Promise<void> {
    try {
      for (;;) {
        if (stopping) return;
        if (sender.pauseMs() > 0) return lookIn(sender.pauseMs());
        const published = await postClaimed({ limit: sender.failing() ? 1 : limits.batch });
        if (published === 0) break;
      }
      const due = await table.nextDue();
      if (due !== undefined) lookIn(Math.max(due, limits.firstBackoffMs));
    } catch (error) {
      log.warn({ err: error }, 'the outbox cannot be read');
      lookIn(limits.maxBackoffMs);
    }
  }

  async function postClaimed(options: { limit: number; idleMs?: number }): Promise<number> {
    const since = performance.now();
    const rows = await table.claim({ ...options, holdMs: limits.holdMs });
    const ends = rows.map(
      ({ id }) =>
        new Promise<boolean>((resolve) => {
          // Still waiting from an earlier claim whose hold ran out, in a process that stood still say.
          claimed.get(id)?.(false);
          claimed.set(id, resolve);
        }),
    );
    sender.take(rows, since);
    return (await Promise.all(ends)).filter(Boolean).length;
  }

  async function sweep({ idleMs, limit }: { idleMs: number; limit: number }): Promise<number> {
    let published = 0;
    while (published < limit && !stopping) {
      const some = await postClaimed({ limit: Math.min(limits.batch, limit - published), idleMs });
      if (some === 0) break;
      published += some;
    }
    return published;
  }

  async function stop(withinMs: number): Promise<void> {
    stopping = true;
    clearTimeout(lookTimer);
    const bound = new Promise<void>((resolve) => setTimeout(resolve, withinMs).unref());
    await Promise.race([sender.drain().then(() => looking), bound]);
    sender.abandon();
    if (left.length > 0) refusals = refusals.then(() => table.hold(left.splice(0), 0)).catch(() => {});
    await Promise.race([Promise.all([marks.idle(), refusals]), bound]);
  }

  return { hand: sender.take, lookIn, sweep, stop };
}
