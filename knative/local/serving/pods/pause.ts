import { hurriedDelayMs } from './restart-delay.ts';

/** The time between a crash and the next start; it ends when the signal aborts. */
export const createPause = (signal: AbortSignal) => {
  let shorten = (): void => {};

  return {
    wait: (ms: number): Promise<void> =>
      new Promise((resolve) => {
        const began = performance.now();
        const end = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          shorten = () => {};
          resolve();
        };
        let timer = setTimeout(end, ms);
        signal.addEventListener('abort', end, { once: true });
        if (signal.aborted) return end();
        shorten = () => {
          shorten = () => {};
          if (ms <= hurriedDelayMs) return;
          clearTimeout(timer);
          timer = setTimeout(end, Math.max(0, hurriedDelayMs - (performance.now() - began)));
        };
      }),
    shorten: (): void => shorten(),
  };
};
