import type { Metrics } from './ports.ts';
import type { RolloutRecord } from './record.ts';
import type { createTally } from './tally.ts';
import { judge, type Verdict } from './verdict/judge.ts';

/** What the figures since the step's beginning say; rejects where there are none. By key only events are told apart. */
export const readVerdict = async (
  metrics: Metrics,
  tally: ReturnType<typeof createTally>,
  { settings, step, stable, candidate = '', evidence }: RolloutRecord,
): Promise<Verdict> => {
  const what = settings.byKey ? { only: 'events' as const } : {};
  const [ofStable, ofCandidate] = await metrics.read([stable, candidate], what);
  if (!ofStable || !ofCandidate) throw new Error('no figures of its revisions');
  return judge({
    pair: tally.add(ofStable, ofCandidate),
    before: evidence,
    bounds: settings,
    steps: settings.steps.length,
    last: step === settings.steps.length - 1,
  });
};
