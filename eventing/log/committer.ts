import { backoff, pause } from './backoff.ts';
import type { Part } from './part.ts';

export interface Commit {
  member: number;
  partition: number;
  /** The next one to read. */
  offset: bigint;
}

export interface Committer {
  /** Something of the part may have become committable. */
  mark(part: Part): void;
  /** Commits all that is marked; gives up after `ms`. */
  flush(ms: number): Promise<void>;
}

interface Deps {
  /** Answers which of them were still the member's. */
  write(commits: Commit[]): Promise<{ member: number; partition: number }[]>;
  /** A commit was refused: the part is another's. */
  onLost(): void;
  delayMs: number;
}

/** Gathers commits of all parts: one write at a time, `delayMs` after the first of them. */
export const createCommitter = ({ write, onLost, delayMs }: Deps): Committer => {
  const marked = new Set<Part>();
  let due = false;
  let writing: Promise<void> | undefined;
  let failures = 0;

  const later = () => {
    if (due) return;
    due = true;
    setTimeout(
      () => {
        due = false;
        void run();
      },
      failures > 0 ? backoff(failures) : delayMs,
    );
  };

  const writeMarked = async (): Promise<void> => {
    const parts = [...marked].filter((part) => part.inFlight.committable > part.committed);
    marked.clear();
    if (parts.length === 0) return;
    const commits = parts.map(({ member, partition, inFlight }) => ({
      member,
      partition,
      offset: inFlight.committable,
    }));
    try {
      const taken = new Set((await write(commits)).map(({ member, partition }) => `${member}:${partition}`));
      parts.forEach((part, i) => {
        if (taken.has(`${part.member}:${part.partition}`)) part.committed = (commits[i] as Commit).offset;
      });
      failures = 0;
      if (taken.size < parts.length) onLost();
    } catch {
      // The log is away: what was done stays marked and is committed when it is back.
      failures++;
      for (const part of parts) marked.add(part);
    }
  };

  const run = (): Promise<void> => {
    writing ??= writeMarked().finally(() => {
      writing = undefined;
      if (marked.size > 0) later();
    });
    return writing;
  };

  return {
    mark(part) {
      marked.add(part);
      if (!writing) later();
    },
    async flush(ms) {
      const deadline = performance.now() + ms;
      const left = () => Math.max(0, deadline - performance.now());
      // The write under way may have begun before the last mark.
      await Promise.race([writing, pause(left())]);
      do {
        await Promise.race([run(), pause(left())]);
        if (failures === 0) return;
        await pause(Math.min(backoff(failures), left()));
      } while (left() > 0);
    },
  };
};
