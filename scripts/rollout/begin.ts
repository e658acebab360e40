import { putOrInUse } from './hold.ts';
import { leadsTo } from './keys/pairs.ts';
import { twinName } from './keys/shared-trigger.ts';
import { begun } from './moves.ts';
import type { Cluster } from './ports.ts';
import {
  fingerprint,
  isUnderWay,
  type RolloutRecord,
  readRecord,
  type Settings,
  withRecord,
} from './record.ts';
import { currentTraffic } from './traffic.ts';

export interface Begin {
  cluster: Cluster;
  me: string;
  name: string;
  image: string;
  settings: Settings;
  dryRun: boolean;
}

/** Makes the candidate at 0 % and pins today's traffic, in one write; rejects where that cannot be. */
export const begin = async ({
  cluster,
  me,
  name,
  image,
  settings,
  dryRun,
}: Begin): Promise<RolloutRecord> => {
  const service = await cluster.service(name);
  const before = readRecord(service);
  if (before && isUnderWay(before))
    throw new Error(
      `a rollout of ${name} to ${before.image} is under way: kagari rollout resume, or abort, ends it first`,
    );
  const ready = service.status?.conditions?.find(({ type }: { type: string }) => type === 'RoutesReady');
  if (ready?.status !== 'True')
    throw new Error(`${name} is not ready: ${ready?.message ?? 'it has no route'}`);
  const { status, spec } = await cluster.revision(currentTraffic(service).stable);
  const next = begun(service, {
    id: me,
    image,
    settings,
    stableScale: status?.actualReplicas ?? 0,
    stableImage: spec.containers[0].image,
  });
  if (settings.byKey) await refuseTriggers(cluster, name);
  // Defaults and injections come at the write: what it will be is asked first, so that a later change can be told from them.
  const answered = await cluster.put(next, { dryRun: true });
  const record = readRecord(next);
  if (!record) throw new Error('a rollout began without a record');
  const mine = { ...record, template: fingerprint(answered.spec.template), holder: { id: me, beat: 0 } };
  if (!dryRun) await putOrInUse(cluster, withRecord(next, mine), name);
  return mine;
};

/** By key: there must be Triggers, their offsets must be known, and the names of those beside them must be free. */
const refuseTriggers = async (cluster: Cluster, name: string): Promise<void> => {
  const all = await cluster.triggers();
  const own = all.filter((trigger) => leadsTo(trigger, name));
  if (own.length === 0) throw new Error(`--by-key: no Trigger delivers events to ${name}`);
  for (const { metadata } of own) {
    const twin = twinName(metadata.name);
    if (all.some((other) => other.metadata.name === twin))
      throw new Error(
        `--by-key: there is a Trigger ${twin} already, which the candidate of ${name} would need`,
      );
    await cluster.positions(metadata.name);
  }
};
