import { backoff, pause } from './backoff.ts';
import { createInFlight, type InFlight } from './in-flight.ts';
import type { Logger } from './logger.ts';
import type { LogRecord, Subscription } from './port.ts';

/** A partition in a member's hands: what it reads next, what its handlers have, what may be committed. */
export interface Part {
  /** The membership under which it is held: a commit names it. */
  readonly member: number;
  readonly partition: number;
  readonly inFlight: InFlight;
  /** The next offset to read. */
  position: bigint;
  /** The log's end as far as it is known here. */
  end: bigint;
  /** Last offset known to be committed. */
  committed: bigint;
  heldBytes: number;
  /** Nothing more is read: it is handed over. */
  leaving: boolean;
  start(record: LogRecord): void;
  /** The log has nothing between `position` and `offset` any more. */
  skipTo(offset: bigint): void;
  /** Waits for what is in hand, at most `graceMs`, then aborts it. */
  drain(graceMs: number): Promise<void>;
  /** Aborts what is in hand at once: the partition is another's. */
  abandon(): void;
}

interface Deps {
  member: number;
  partition: number;
  from: bigint;
  end: bigint;
  handle: Subscription['handle'];
  logger: Logger;
  onDone(part: Part): void;
}

export const createPart = ({ member, partition, from, end, handle, logger, onDone }: Deps): Part => {
  const gone = new AbortController();
  const { signal } = gone;
  const running = new Set<Promise<void>>();

  /** True once the record is done; false when it was aborted first. */
  const tryUntilDone = async (record: LogRecord): Promise<boolean> => {
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await handle(record, signal);
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        const { topic, partition, offset } = record;
        logger.warn(
          { err: error, topic, partition, offset, attempt },
          'a record was not handled and comes again',
        );
        await pause(backoff(attempt, { first: 100, most: 5_000 }), signal);
      }
    }
    return false;
  };

  const part: Part = {
    member,
    partition,
    inFlight: createInFlight(from),
    position: from,
    end,
    committed: from,
    heldBytes: 0,
    leaving: false,
    start(record) {
      part.inFlight.begin(record.offset);
      part.position = record.offset + 1n;
      part.heldBytes += record.value.byteLength;
      const run = tryUntilDone(record).then((done) => {
        running.delete(run);
        part.heldBytes -= record.value.byteLength;
        if (done) part.inFlight.finish(record.offset);
        onDone(part);
      });
      running.add(run);
    },
    skipTo(offset) {
      if (offset <= part.position) return;
      part.inFlight.skipTo(offset);
      part.position = offset;
      onDone(part);
    },
    async drain(graceMs) {
      part.leaving = true;
      const grace = new AbortController();
      await Promise.race([Promise.all(running), pause(graceMs, grace.signal)]);
      grace.abort();
      gone.abort();
    },
    abandon() {
      part.leaving = true;
      gone.abort();
    },
  };
  return part;
};
