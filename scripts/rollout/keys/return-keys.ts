import type { Cluster } from '../ports.ts';
import type { RolloutRecord } from '../record.ts';
import type { Handovers } from './handover.ts';
import { isObserved, type Pair, pairsOf } from './pairs.ts';
import { inTurn, type Progress, together } from './share-keys.ts';
import { areAsWritten, ledBack, noteOn, restored } from './shared-trigger.ts';

/**
 * Brings the Triggers of a Service one write nearer to what they were before its rollout. The twins first lead to where the
 * others do, so that the candidate's own address may go, and gets nothing new where it is rolled back.
 */
export const returnKeys = async (
  { cluster, handovers }: { cluster: Cluster; handovers: Handovers },
  service: string,
  { id }: RolloutRecord,
): Promise<Progress> => {
  const giveBack = async ({ name, trigger, twin }: Pair): Promise<Progress> => {
    if (!trigger) {
      if (twin) await cluster.remove(twin);
      return 'done';
    }
    if (!areAsWritten(trigger, twin, id)) return { changed: name };
    if (twin && twin.spec.subscriber.ref === undefined) {
      await cluster.put(ledBack(twin, trigger));
      return { waiting: `the Trigger beside ${name} is led back` };
    }
    if (noteOn(trigger, id)) await cluster.put(restored(trigger, id));
    else if (!twin) return 'done';
    else if (isObserved(trigger) && isObserved(twin)) return drop(name, twin);
    return { waiting: `${name} gets ready` };
  };

  const drop = async (name: string, twin: NonNullable<Pair['twin']>): Promise<Progress> => {
    const left = await handovers.left(`${name} takes all`, twin.metadata.name);
    if (left > 0n)
      return { waiting: `${name} takes its keys back: ${left} events of before are on their way` };
    await cluster.remove(twin);
    return { waiting: `the Trigger beside ${name} is removed` };
  };

  return together(await inTurn(await pairsOf(cluster, service, id), giveBack));
};
