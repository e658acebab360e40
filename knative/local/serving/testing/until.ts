import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a condition; its answer, once it is neither undefined nor false. Throws after 25 seconds. */
export const until = async <T>(
  what: string,
  condition: () => T | Promise<T>,
): Promise<Exclude<T, undefined | false>> => {
  const deadline = performance.now() + 25_000;
  for (;;) {
    const answer = await condition();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await sleep(5);
  }
};

/** Whether a process lives; one that ended and was not waited for does not. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
