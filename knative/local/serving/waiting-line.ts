import type { Waiter } from './requests/forward.ts';
import type { Problem } from './requests/problem.ts';

/** Requests that wait for a pod, first come first served. */
export const createWaitingLine = () => {
  // A Set keeps the order and lets one leave from the middle.
  const waiting = new Map<Waiter, { failures: number }>();

  return {
    get length() {
      return waiting.size;
    },
    join: (waiter: Waiter): void => void waiting.set(waiter, { failures: 0 }),
    leave: (waiter: Waiter): void => void waiting.delete(waiter),
    next(): Waiter | undefined {
      const [first] = waiting.keys();
      if (first) waiting.delete(first);
      return first;
    },
    /** A start failed: sends away who has seen as many as `enough`. */
    sawFailure(problem: Problem, enough: number): void {
      for (const [waiter, seen] of [...waiting]) {
        if (++seen.failures < enough) continue;
        waiting.delete(waiter);
        waiter.refuse(problem);
      }
    },
    sendAway(problem: Problem): void {
      const all = [...waiting.keys()];
      waiting.clear();
      for (const waiter of all) waiter.refuse(problem);
    },
  };
};
