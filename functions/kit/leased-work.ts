import { createDueLoop, type DueLoop } from './due-loop.ts';
import type { Log } from './log.ts';

export interface LeasedWork<T> extends DueLoop {
  /** How long a piece belongs to whoever claimed it. */
  leaseMs: number;
  /** Does pieces that the caller has claimed, without waiting for them. */
  begin(claimed: readonly T[]): void;
}

export interface LeasedWorkOptions<T> {
  name: string;
  log: Log;
  /** For one piece; its signal aborts then. */
  timeoutMs: number;
  /** Pieces in hand at once. */
  most: number;
  /** Claims what is due: nobody else gets it while the lease lasts. */
  claim(limit: number, leaseMs: number): Promise<readonly T[]>;
  /** Makes claimed pieces due at once: there was no room for them. */
  giveBack(pieces: readonly T[]): Promise<void>;
  /** When the next piece is due. */
  nextDue(): Promise<Date | undefined>;
  /** Does a piece and keeps its outcome; answers when it is to be done again. */
  attempt(piece: T, signal: AbortSignal): Promise<Date | undefined>;
  /** How long a stopping process waits for what is in hand before it is cut off. */
  graceMs?: number;
}

/** Beyond the time for a piece: to keep its outcome. */
const marginMs = 3_000;

/**
 * Pieces of work that wait in the database, each done by one process at a time: at once, when due, and at start what an
 * earlier process left. A piece whose process died is due again when its lease ends.
 */
export const createLeasedWork = <T>({
  name,
  log,
  timeoutMs,
  most,
  claim,
  giveBack,
  nextDue,
  attempt,
  graceMs = 1_000,
}: LeasedWorkOptions<T>): LeasedWork<T> => {
  const leaseMs = timeoutMs + marginMs;
  const inHand = new Set<Promise<void>>();
  const stopping = new AbortController();

  const begin = (claimed: readonly T[]) => {
    // What hangs must not pile up in here: the rest waits in the database until there is room.
    const room = Math.max(0, most - inHand.size);
    if (claimed.length > room)
      giveBack(claimed.slice(room)).then(
        () => loop.wakeAt(new Date()),
        () => loop.wakeAt(new Date(Date.now() + leaseMs)),
      );
    for (const piece of claimed.slice(0, room)) {
      const doing = attempt(piece, AbortSignal.any([stopping.signal, AbortSignal.timeout(timeoutMs)]))
        .then((again) => {
          if (again) loop.wakeAt(again);
        })
        // What the database does not hear stays claimed and is done again when the lease ends.
        .catch((err) => {
          log.warn({ err }, `${name}: an outcome could not be kept`);
          loop.wakeAt(new Date(Date.now() + leaseMs));
        })
        .finally(() => inHand.delete(doing));
      inHand.add(doing);
    }
  };

  const loop = createDueLoop({
    name,
    log,
    run: async () => {
      if (inHand.size >= most) await Promise.race(inHand);
      begin(await claim(most - inHand.size, leaseMs));
      return nextDue();
    },
  });

  return {
    leaseMs,
    begin,
    wakeAt: loop.wakeAt,
    start: loop.start,
    async stop() {
      await loop.stop();
      const cut = setTimeout(() => stopping.abort(), graceMs);
      await Promise.all(inHand);
      clearTimeout(cut);
    },
  };
};
