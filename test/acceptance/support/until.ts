import { setTimeout as sleep } from 'node:timers/promises';

/** What the condition answers, once it is neither false nor absent; its last error after that many milliseconds. */
export const until = async <T>(
  what: string,
  condition: () => Promise<T | false | undefined>,
  ms = 30_000,
): Promise<T> => {
  const deadline = Date.now() + ms;
  for (;;) {
    let lastError: unknown;
    const value = await condition().catch((error: unknown) => {
      lastError = error;
      return undefined;
    });
    if (value !== false && value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms in vain: ${what}`, { cause: lastError });
    await sleep(50);
  }
};
