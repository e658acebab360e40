import type { Cluster } from '../ports.ts';
import type { RolloutRecord } from '../record.ts';
import type { Handovers } from './handover.ts';
import { lotsOf } from './key-filter.ts';
import { isObserved, type Pair, pairsOf } from './pairs.ts';
import { areAsWritten, narrowed, noteOn, twinOf, widened } from './shared-trigger.ts';

export type Progress = 'done' | { waiting: string } | { changed: string };

interface Sharing {
  cluster: Cluster;
  handovers: Handovers;
}

/** Brings the Triggers of a Service one write nearer to its rollout's step: the candidate's keys go to it, and only there. */
export const shareKeys = async (
  { cluster, handovers }: Sharing,
  service: string,
  { id, settings, step }: RolloutRecord,
): Promise<Progress> => {
  const lots = lotsOf(settings.steps[step] ?? 0);
  const pairs = await pairsOf(cluster, service, id);

  const share = async ({ name, trigger, twin }: Pair): Promise<Progress> => {
    if (!trigger) {
      // Its user wants no such events any more.
      if (twin) await cluster.remove(twin);
      return 'done';
    }
    if (!areAsWritten(trigger, twin, id)) return { changed: name };
    if (!twin) {
      await cluster.create(twinOf(trigger, service, id, lots));
      return { waiting: `a Trigger beside ${name} is made` };
    }
    if (noteOn(twin, id)?.lots !== lots) await cluster.put(widened(twin, trigger, id, lots));
    else if (isObserved(twin)) return narrow(name, trigger);
    return { waiting: `the candidate's Trigger beside ${name} gets ready` };
  };

  const narrow = async (name: string, trigger: NonNullable<Pair['trigger']>): Promise<Progress> => {
    if (noteOn(trigger, id)?.lots === lots)
      return isObserved(trigger) ? 'done' : { waiting: `${name} gets ready` };
    const left = await handovers.left(`${name} gives ${lots}`, name);
    if (left > 0n) return { waiting: `${name} hands keys over: ${left} events of before are on their way` };
    await cluster.put(narrowed(trigger, id, lots));
    return { waiting: `${name} gets ready` };
  };

  return together(await inTurn(pairs, share));
};

/** One after the other: each may write. */
export const inTurn = async (pairs: Pair[], act: (pair: Pair) => Promise<Progress>): Promise<Progress[]> => {
  const all: Progress[] = [];
  for (const pair of pairs) all.push(await act(pair));
  return all;
};

/** Done when all are; what somebody changed goes before what takes its time. */
export const together = (all: Progress[]): Progress =>
  all.find((one) => one !== 'done' && 'changed' in one) ?? all.find((one) => one !== 'done') ?? 'done';
