import type { KubeObject } from '../../knative/local/store/types.ts';
import { ConflictError } from '../kube.ts';
import { underWay } from './hold.ts';
import { ended, moved } from './moves.ts';
import type { Cluster } from './ports.ts';
import { type RolloutRecord, withRecord } from './record.ts';
import { sameTraffic, trafficOf } from './traffic.ts';

export interface Steering {
  cluster: Cluster;
  name: string;
  verb: 'pause' | 'resume' | 'abort';
}

const tries = 20;

/**
 * Writes into a rollout under way, whether or not somebody drives it: who does sees it at its next turn. An abort moves the
 * traffic back itself, but leaves it where somebody else has set it. Answers whether the rollout was paused.
 */
export const steer = async ({ cluster, name, verb }: Steering): Promise<boolean> => {
  for (let attempt = 1; ; attempt++) {
    const { service, record } = await underWay(cluster, name);
    const paused = verb === 'pause';
    if (verb !== 'abort' && record.paused === paused) return paused;
    try {
      await cluster.put(
        verb === 'abort' ? aborted(service, record) : withRecord(service, { ...record, paused }),
      );
      return record.paused;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      if (attempt === tries) throw new Error(`${name} changes all the time: try again`);
    }
  }
};

/** By key, its Triggers have to become what they were first: whoever drives it sees to that. */
const aborted = (service: KubeObject, record: RolloutRecord): KubeObject => {
  const reasons = ['kagari rollout abort'];
  if (!record.settings.byKey || record.phase === 'checking')
    return ended(service, record, 'aborted', reasons);
  const next = { ...record, phase: 'returning' as const, towards: 'aborted' as const, reasons };
  const isOurs = sameTraffic(service.spec.traffic, trafficOf(record));
  return isOurs ? moved(service, next) : withRecord(service, next);
};
