import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from './log.ts';
import { inTrace } from './trace.ts';

export interface DueLoop {
  /** Looks at once for what an earlier process left. */
  start(): void;
  /** There will be something to do at that time. */
  wakeAt(time: Date): void;
  /** Ends the timer and waits for the run in hand, a second at most: it is one that may be cut off anywhere. */
  stop(): Promise<void>;
}

export interface DueLoopOptions {
  name: string;
  /** Does what is due now; answers when the next thing will be, or undefined when nothing waits. */
  run: () => Promise<Date | undefined>;
  log: Log;
  firstRetryMs?: number;
  maxRetryMs?: number;
}

/**
 * An in-process timer over work that waits in the database. One run at a time, each a trace of its own; a run that fails
 * is repeated with exponential backoff. It dies with its process: what it would have done is found again by the next start.
 */
export const createDueLoop = ({
  name,
  run,
  log,
  firstRetryMs = 250,
  maxRetryMs = 30_000,
}: DueLoopOptions): DueLoop => {
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Number.POSITIVE_INFINITY;
  let running: Promise<void> | undefined;
  let stopped = true;
  let failures = 0;
  let again = false;

  const schedule = (at: number) => {
    if (stopped || at >= timerAt) return;
    clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(wake, Math.min(Math.max(0, at - Date.now()), longestTimerMs));
  };

  const wake = () => {
    timerAt = Number.POSITIVE_INFINITY;
    if (stopped) return;
    // A wake-up that comes during a run is looked at after it: the run may have read before its cause.
    if (running) {
      again = true;
      return;
    }
    // Not in the trace of whoever set the timer: what is due now may be anybody's.
    running = inTrace(undefined, once).finally(() => {
      running = undefined;
      if (again) schedule(Date.now());
      again = false;
    });
  };

  const once = async () => {
    try {
      const next = await run();
      failures = 0;
      if (next) schedule(next.getTime());
    } catch (error) {
      const retryMs = Math.min(firstRetryMs * 2 ** failures++, maxRetryMs);
      log.warn({ err: error, retryMs }, `${name} failed; it is tried again`);
      schedule(Date.now() + retryMs);
    }
  };

  return {
    start() {
      stopped = false;
      schedule(Date.now());
    },
    wakeAt: (time) => schedule(time.getTime()),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      const bound = delay(1_000, undefined, { ref: false });
      await Promise.race([running, bound]);
    },
  };
};

const longestTimerMs = 2 ** 31 - 1;
