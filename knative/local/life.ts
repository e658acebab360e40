import type { Log } from './store/types.ts';

/** The parts that run, each with its end. */
export interface Life {
  /** Notes a part as begun; ends it at once, and throws, where the end has come already. */
  begin<T>(part: T, end: (part: T) => unknown): T;
  /** Ends all parts, the last begun first; a part that does not end well is logged, and the next one ended. */
  end(): Promise<void>;
  /** Aborted when the end begins. */
  readonly signal: AbortSignal;
}

export const createLife = (log: Log): Life => {
  const ending = new AbortController();
  const ends: (() => unknown)[] = [];
  let ended: Promise<void> | undefined;

  const endAll = async () => {
    ending.abort();
    for (let end = ends.pop(); end; end = ends.pop()) {
      try {
        await end();
      } catch (err) {
        log.error({ err }, 'a part did not end well');
      }
    }
  };

  return {
    signal: ending.signal,
    begin(part, end) {
      ends.push(() => end(part));
      if (!ending.signal.aborted) return part;
      ended = ended?.then(endAll);
      throw new Error('stopped while it started');
    },
    end: () => {
      ended ??= endAll();
      return ended;
    },
  };
};
