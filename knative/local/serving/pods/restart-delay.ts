const firstDelayMs = 10_000;
const longestDelayMs = 300_000;

/** Kubernetes' CrashLoopBackOff: the first restart at once, then 10 s, 20 s … 300 s. */
export const restartDelay = (crashes: number): number =>
  crashes <= 1 ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (crashes - 2));

/** Good running that makes earlier crashes count no more. */
export const forgivenAfterMs = 600_000;

/** Soonest after a crash that a waiting request gets another start. */
export const hurriedDelayMs = 1_000;
