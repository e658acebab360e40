import { setTimeout as pause } from 'node:timers/promises';
import { outageOf } from '../../functions/kit/outage.ts';

export interface Patience {
  forMs: number;
  say(line: string): void;
}

/** Tries again, once a second, while the database cannot be reached or is starting; then throws the last error. */
export const retryOutage = async (work: () => Promise<void>, { forMs, say }: Patience): Promise<void> => {
  const last = Date.now() + forMs;
  for (let told = ''; ; ) {
    try {
      return await work();
    } catch (error) {
      const { message } = error as Error;
      if (!isAway(error) || Date.now() >= last) throw error;
      if (message !== told) say(`waiting: ${message}`);
      told = message;
      await pause(1000);
    }
  }
};

/** A refused login is someone's mistake, and waiting mends none. */
const isAway = (error: unknown) => ['not reachable', 'not available'].includes(outageOf(error) ?? '');
