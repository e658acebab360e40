import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal, Settlement } from './journal.ts';
import type { Change, Memory } from './memory.ts';
import type { Plan, Planned } from './plan.ts';
import { StatusError } from './status-error.ts';
import type { Admit, KubeObject, Log } from './types.ts';

export interface Writer {
  write(planned: Planned, options: { dryRun?: boolean }): Promise<KubeObject>;
  /** The newest committed resourceVersion. */
  revision(): number;
  /** Takes no more writes; resolves when those in hand have ended, or after two seconds without the database. */
  close(): Promise<void>;
}

interface Waiting {
  planned: Planned;
  dryRun: boolean;
  resolve(object: KubeObject): void;
  reject(error: Error): void;
}

interface Options {
  journal: Journal;
  admit: Admit;
  /** Where writes are planned: equal to what is committed whenever no batch is under way. */
  memory: Memory;
  revision: number;
  /** Hears of each committed batch before its writers do. */
  committed(changes: readonly Change[]): void;
  /** How long a write waits for a database that does not answer. */
  patienceMs: number;
  log: Log;
}

const batchLimit = 256;

/**
 * One batch of writes at a time, committed together: those that wait while one commits are the next. A batch of
 * unknown outcome is settled by asking the database; until then nothing else is written.
 */
export const createWriter = ({
  journal,
  admit,
  memory,
  revision,
  committed,
  patienceMs,
  log,
}: Options): Writer => {
  const queue: Waiting[] = [];
  let draining: Promise<void> | undefined;
  /** Why writes are refused at once: `lost` until the database answers again, `broken` for good. */
  let lost: StatusError | undefined;
  let broken: StatusError | undefined;
  const closing = new AbortController();

  const drain = async () => {
    for (;;) {
      const batch = queue.splice(0, batchLimit);
      if (batch.length === 0) break;
      const impatience = setTimeout(() => giveUp(batch), patienceMs);
      await commit(batch);
      clearTimeout(impatience);
      lost = broken;
    }
    draining = undefined;
  };

  const commit = async (batch: Waiting[]) => {
    const before = revision;
    let after = before;
    const next = () => ++after;
    const outcomes = batch.map(({ planned, dryRun }) => {
      const start = after;
      const outcome = attempt(() => planned({ memory, admit, next }));
      if ('plan' in outcome && !dryRun) memory.apply(outcome.plan.changes);
      else after = start;
      if ('plan' in outcome && dryRun) return { plan: { ...outcome.plan, changes: [] } };
      return outcome;
    });
    const changes = outcomes.flatMap((outcome) => ('plan' in outcome ? outcome.plan.changes : []));
    const failure = after === before ? undefined : await store(before, after, changes);
    if (failure) {
      memory.revert(changes);
      for (const waiting of batch) waiting.reject(failure);
      return;
    }
    if (changes.length > 0) {
      revision = after;
      committed(changes);
    }
    for (const [index, waiting] of batch.entries()) {
      const outcome = outcomes[index];
      if (outcome && 'plan' in outcome) waiting.resolve(outcome.plan.answer);
      else if (outcome) waiting.reject(outcome.error);
    }
  };

  /** Undefined once committed; else why not. */
  const store = async (
    before: number,
    after: number,
    changes: readonly Change[],
  ): Promise<StatusError | undefined> => {
    try {
      await journal.write(before, after, changes);
      return undefined;
    } catch (error) {
      log.warn({ error }, 'a write to the store failed: asking the database whether it was committed');
      const outcome = await settle(after);
      if (outcome === 'committed') return undefined;
      if (outcome === 'unknown') return outcomeUnknown();
      revision = after + 1;
      if (outcome === 'second-writer') {
        broken = new StatusError(
          'ServiceUnavailable',
          'not stored: another runtime has taken over this database',
        );
        return broken;
      }
      return unavailable(`not stored: ${messageOf(error)}`, error);
    }
  };

  const settle = async (after: number): Promise<Settlement | 'unknown'> => {
    for (let pause = 25; !closing.signal.aborted; pause = Math.min(pause * 2, 1_000)) {
      try {
        return await journal.settle(after);
      } catch (error) {
        log.debug({ error }, 'the database does not answer yet');
        await sleep(pause, undefined, { signal: closing.signal }).catch(() => {});
      }
    }
    return 'unknown';
  };

  const giveUp = (batch: Waiting[]) => {
    lost = unavailable('not stored: the database does not answer');
    for (const waiting of batch) waiting.reject(outcomeUnknown());
    for (const waiting of queue.splice(0)) waiting.reject(lost);
  };

  return {
    write: (planned, { dryRun = false }) =>
      new Promise((resolve, reject) => {
        if (closing.signal.aborted) return reject(unavailable('not stored: the runtime is stopping'));
        if (lost) return reject(lost);
        queue.push({ planned, dryRun, resolve, reject });
        draining ??= drain();
      }),
    revision: () => revision,
    close: async () => {
      closing.abort();
      const bound = new AbortController();
      await Promise.race([draining, sleep(2_000, undefined, { signal: bound.signal }).catch(() => {})]);
      bound.abort();
    },
  };
};

const unavailable = (message: string, cause?: unknown) =>
  new StatusError('ServiceUnavailable', message, { retryAfterSeconds: 1 }, { cause });

const outcomeUnknown = () =>
  new StatusError(
    'Timeout',
    'the database does not answer: this may or may not have been stored, read it again',
    {
      retryAfterSeconds: 1,
    },
  );

type Outcome = { plan: Plan } | { error: Error };

const attempt = (plan: () => Plan): Outcome => {
  try {
    return { plan: plan() };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
};

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
