import { processEnvironments } from '../../knative/local/serving/pods/process-identity.ts';
import type { Platform } from '../support/platform.ts';

/** The functions that have processes now, by name, with their pids. */
export const runningFunctions = async (home: string): Promise<[name: string, pids: number[]][]> => {
  const functions = new Map<string, number[]>();
  for (const [pid, environment] of await processEnvironments()) {
    const name = environment.find((line) => line.startsWith('K_SERVICE='))?.slice('K_SERVICE='.length);
    if (!name || !environment.some((line) => line.includes(home))) continue;
    functions.set(name, [...(functions.get(name) ?? []), pid]);
  }
  return [...functions].sort(([a], [b]) => (a < b ? -1 : 1));
};

/** Sends SIGKILL to what is there; false where nothing was. */
export const killAll = (pids: readonly number[]): boolean => {
  let killed = false;
  for (const pid of pids.filter((one) => one > 0)) {
    try {
      process.kill(pid, 'SIGKILL');
      killed = true;
    } catch {
      // It has ended by itself.
    }
  }
  return killed;
};

export const killPostgres = async (platform: Platform): Promise<boolean> =>
  killAll([await platform.postgresPid().catch(() => 0)]);
