import type { KubeObject } from '../../knative/local/store/types.ts';
import { ConflictError } from '../kube.ts';
import type { Clock, Cluster } from './ports.ts';
import { isUnderWay, type RolloutRecord, readRecord, withRecord } from './record.ts';

/** The longest that a living holder leaves between two beats, and how long silence means that he is dead. */
export const beatEveryMs = 3_000;
const silenceMs = 12_000;

/** Somebody else drives this rollout. */
export class InUseError extends Error {}

export interface Taking {
  cluster: Cluster;
  clock: Clock;
  /** Nobody else's. */
  me: string;
  say(line: string): void;
}

/** Makes the rollout under way this call's own, once nobody else is seen to drive it: no clocks are compared. */
export const takeOver = async (taking: Taking, name: string): Promise<RolloutRecord> => {
  const { cluster, clock, me, say } = taking;
  let { service, record } = await underWay(cluster, name);
  const { holder } = record;
  if (holder) {
    say(`was it interrupted? looking ${silenceMs / 1000} s whether somebody drives it`);
    for (const began = clock.now(); clock.now() - began < silenceMs; ) {
      await clock.sleep(1_000);
      ({ service, record } = await underWay(cluster, name));
      if (record.holder?.id !== holder.id || record.holder.beat !== holder.beat) throw inUse(name);
    }
  }
  const mine = { ...record, holder: { id: me, beat: 0 } };
  await putOrInUse(cluster, withRecord(service, mine), name);
  return mine;
};

/** Writes, and rejects with an InUseError where somebody was faster. */
export const putOrInUse = async (
  cluster: Cluster,
  service: KubeObject,
  name: string,
): Promise<KubeObject> => {
  try {
    return await cluster.put(service);
  } catch (error) {
    throw error instanceof ConflictError ? inUse(name) : error;
  }
};

/** A Service and its rollout; rejects where there is none under way. */
export const underWay = async (cluster: Cluster, name: string) => {
  const service = await cluster.service(name);
  const record = readRecord(service);
  if (!record || !isUnderWay(record)) throw new Error(`there is no rollout of ${name} under way`);
  return { service, record };
};

const inUse = (name: string) =>
  new InUseError(
    `somebody else drives a rollout of ${name}, or has just changed it: see kagari rollout status ${name}; abort ends it`,
  );
