import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLog } from '../../eventing/log/port.ts';

export interface SteadyAppends {
  /** Texts whose append resolved; each is its own key. */
  stored: string[];
  refused: { code: string; retriable: boolean; ms: number }[];
  /** Resolves when the last append is answered. */
  end(): Promise<void>;
}

/** Eight producers that append one record after the other, whatever becomes of it. */
export const appendSteadily = (log: EventLog, topic: string): SteadyAppends => {
  const stored: string[] = [];
  const refused: SteadyAppends['refused'] = [];
  let producing = true;
  const producers = Array.from({ length: 8 }, async (_, p) => {
    for (let i = 0; producing; i++) {
      const text = `${p}-${i}`;
      const begun = performance.now();
      try {
        await log.append(topic, [{ key: text, value: Buffer.from(text) }]);
        stored.push(text);
      } catch (error) {
        refused.push({ ...(error as { code: string; retriable: boolean }), ms: performance.now() - begun });
        await sleep(5);
      }
    }
  });
  return {
    stored,
    refused,
    async end() {
      producing = false;
      await Promise.all(producers);
    },
  };
};
