import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../../support/platform.ts';
import type { Brokers } from '../support/kafka.ts';

const patienceMs = 120_000;
/** How long the others may need before the dead one is started all the same: its partitions may need it to go on. */
const failoverMs = 20_000;

/**
 * Kills brokers (of three) with -9, one after the other, each once appends flow, and starts each again once they flow
 * without it. `acknowledged` answers how many appends have been.
 */
export const killBrokers = async (
  kafka: Brokers,
  { kills, acknowledged, random }: { kills: number; acknowledged: () => number; random: () => number },
): Promise<void> => {
  const flow = async (ms: number) => {
    const before = acknowledged();
    await waitUntil('appends to be acknowledged', ms, () => acknowledged() > before + 500);
  };
  for (let n = 0; n < kills; n++) {
    await flow(patienceMs);
    await sleep(random() * 500);
    const broker = 1 + Math.floor(random() * 3);
    await kafka.kill(broker);
    await flow(failoverMs).catch(() => undefined);
    await kafka.start(broker);
  }
  await flow(patienceMs);
};
