import type { Limits } from './limits.ts';
import type { Log } from './log.ts';
import type { Outcome } from './post.ts';
import type { OutboxRow } from './rows.ts';

export interface SenderOptions {
  post: (event: OutboxRow['event']) => Promise<Outcome>;
  /** Called once for every row taken, with what became of it; `left` is for the table to keep. */
  settle: (row: OutboxRow, end: 'accepted' | 'refused' | 'left') => void;
  limits: Limits;
  log: Log;
}

export interface Sender {
  /** Posts rows that are in this process's hands since `since` (performance.now()), as many as there is room for. */
  take(rows: readonly OutboxRow[], since: number): void;
  /** Milliseconds until the sink is tried again; 0 while it is not known to fail. */
  pauseMs(): number;
  failing(): boolean;
  /** Resolves when nothing is in hand: all posted or, from the first failure on, left. */
  drain(): Promise<void>;
  /** Gives up what is not on its way yet. */
  abandon(): void;
}

interface InHand {
  row: OutboxRow;
  bytes: number;
  /** performance.now() from which on another relay could claim the row before our post ends. */
  until: number;
  tries: number;
}

/** A bounded queue in front of the sink: several posts at a time, one a back-off while the sink fails. */
export function createSender({ post, settle, limits, log }: SenderOptions): Sender {
  const queue: InHand[] = [];
  let queuedBytes = 0;
  let posting = 0;
  let failures = 0;
  let pausedUntil = 0;
  let wakeTimer: NodeJS.Timeout | undefined;
  let drained: (() => void) | undefined;

  const pauseMs = () => Math.max(0, pausedUntil - performance.now());

  function enqueue(inHand: InHand): void {
    if (queue.length < limits.queuedRows && queuedBytes + inHand.bytes <= limits.queuedBytes) {
      queue.push(inHand);
      queuedBytes += inHand.bytes;
    } else settle(inHand.row, 'left');
  }

  function pump(): void {
    clearTimeout(wakeTimer);
    const pause = pauseMs();
    if (pause > 0 && queue.length > 0) {
      wakeTimer = setTimeout(pump, pause);
      return;
    }
    const width = failures > 0 ? 1 : limits.concurrency;
    while (posting < width) {
      const next = queue.shift();
      if (!next) break;
      queuedBytes -= next.bytes;
      if (performance.now() > next.until) settle(next.row, 'left');
      else void deliver(next);
    }
    if (posting === 0 && queue.length === 0) drained?.();
  }

  async function deliver(inHand: InHand): Promise<void> {
    posting++;
    const { row } = inHand;
    const outcome = await post(row.event);
    posting--;
    if (outcome.kind === 'accepted') {
      if (failures > 0) log.info({}, 'the sink takes events again');
      failures = 0;
      settle(row, 'accepted');
    } else if (outcome.kind === 'refused') {
      log.error(
        { type: row.event.type, id: row.event.id, reason: outcome.reason },
        'the sink refuses an event',
      );
      settle(row, 'refused');
    } else {
      backOff(outcome.reason);
      inHand.tries++;
      // To the end of the queue: another event shows whether it was this one or the sink.
      if (inHand.tries < limits.tries && !drained) enqueue(inHand);
      else settle(row, 'left');
      if (drained) abandon();
    }
    pump();
  }

  function backOff(reason: string): void {
    // Posts that fail together are one failure of the sink.
    if (pauseMs() > 0) return;
    if (failures === 0) log.warn({ reason }, 'the sink takes no events; they wait in the outbox');
    const longest = Math.min(limits.firstBackoffMs * 2 ** failures, limits.maxBackoffMs);
    failures++;
    pausedUntil = performance.now() + longest * (0.75 + Math.random() / 4);
  }

  function abandon(): void {
    queuedBytes = 0;
    for (const { row } of queue.splice(0)) settle(row, 'left');
  }

  return {
    take(rows, since) {
      const until = since + limits.holdMs - limits.postTimeoutMs;
      for (const row of rows) enqueue({ row, bytes: JSON.stringify(row.event).length, until, tries: 0 });
      pump();
    },
    pauseMs,
    failing: () => failures > 0,
    drain: () =>
      new Promise((resolve) => {
        drained = resolve;
        // One last try, even if the sink was down a moment ago.
        pausedUntil = 0;
        pump();
      }),
    abandon,
  };
}
