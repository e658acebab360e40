import type { Cluster } from '../ports.ts';

/**
 * Waits, by looking again and again, until a Trigger has seen to all that its topic held when a handover began; what came later
 * is the taker's. Nothing is kept over a call's end: another one reads the ends again, which lie further on.
 */
export const createHandovers = (cluster: Pick<Cluster, 'positions'>) => {
  const ends = new Map<string, bigint[]>();
  return {
    /** How many events are left before the ends that were read when this was first asked by this name. */
    async left(handover: string, trigger: string): Promise<bigint> {
      const positions = await cluster.positions(trigger);
      const before = ends.get(handover) ?? positions.map(({ end }) => end);
      ends.set(handover, before);
      return positions.reduce((left, { committed }, partition) => {
        const behind = (before[partition] ?? 0n) - committed;
        return behind > 0n ? left + behind : left;
      }, 0n);
    },
  };
};

export type Handovers = ReturnType<typeof createHandovers>;
