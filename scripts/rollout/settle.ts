import type { Clock, Cluster } from './ports.ts';
import { sameTraffic, type TrafficTarget } from './traffic.ts';

const settledWithinMs = 30_000;

/** Answers whether the Service says, within a while, that its traffic is as it was written. */
export const settle = async (
  { cluster, clock }: { cluster: Cluster; clock: Clock },
  name: string,
  expected: readonly TrafficTarget[],
): Promise<boolean> => {
  for (const began = clock.now(); clock.now() - began < settledWithinMs; await clock.sleep(100)) {
    const traffic = await cluster.service(name).then(
      ({ status }) => status?.traffic,
      () => undefined,
    );
    if (sameTraffic(traffic, expected)) return true;
  }
  return false;
};
