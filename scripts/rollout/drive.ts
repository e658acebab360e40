import type { KubeObject } from '../../knative/local/store/types.ts';
import { ConflictError } from '../kube.ts';
import { checkCandidate } from './check-candidate.ts';
import { beatEveryMs } from './hold.ts';
import { createHandovers } from './keys/handover.ts';
import { returnKeys } from './keys/return-keys.ts';
import { type Progress, shareKeys } from './keys/share-keys.ts';
import { changedByOthers, ended, moved } from './moves.ts';
import type { Clock, Cluster, Metrics, Probe } from './ports.ts';
import { sendProbes } from './probe.ts';
import { readVerdict } from './read-verdict.ts';
import { isUnderWay, type Outcome, type RolloutRecord, readRecord, withRecord } from './record.ts';
import { settle } from './settle.ts';
import { createTally } from './tally.ts';
import { targetsOf } from './traffic.ts';
import { addErrors } from './verdict/errors.ts';
import type { Verdict } from './verdict/judge.ts';

export interface Driving {
  cluster: Cluster;
  metrics: Metrics;
  clock: Clock;
  probe: Probe;
  /** The holder that the record names. */
  me: string;
  say(line: string): void;
  /** Aborted: leaves the rollout where it is. */
  signal: AbortSignal;
}

export interface Ending {
  outcome: Outcome | 'held';
  reasons: string[];
}

export const readEveryMs = 1_000;
const again = 'again';
/** Undefined: it waits. */
type Turn = Ending | typeof again | undefined;

/** Drives a rollout that this call holds to its end, or to where it must hold. Every turn begins with what the Service says. */
export const drive = async (driving: Driving, name: string): Promise<Ending> => {
  const { cluster, metrics, clock, probe, me, say, signal } = driving;
  const passed = (from: number) => (clock.now() - from) / 1000;
  let at = '';
  let began = clock.now();
  let beaten = clock.now();
  let tally = createTally(false);
  let last = '';
  const handovers = createHandovers(cluster);
  const tell = (line: string) => {
    if (line !== last) say(line);
    last = line;
  };
  /** Where the rollout is: at another place its time and its figures begin anew. */
  const arrive = (place: string, { settings }: RolloutRecord) => {
    if (at.startsWith(place)) return;
    at = place;
    began = clock.now();
    tally = createTally(settings.strategy === 'blue-green');
  };

  /** One write; whoever was faster, or an answer that was lost, is found at the next turn's look. */
  const put = async (service: KubeObject): Promise<boolean> => {
    try {
      await cluster.put(service);
      beaten = clock.now();
      return true;
    } catch (error) {
      await writeFailed(error);
      return false;
    }
  };
  const writeFailed = async (error: unknown): Promise<void> => {
    if (error instanceof ConflictError) return;
    tell(`the write failed: ${(error as Error).message}`);
    await clock.sleep(readEveryMs);
  };

  const end = async (
    service: KubeObject,
    { holder, ...record }: RolloutRecord,
    phase: Outcome,
    reasons: string[],
  ): Promise<Turn> => {
    const isShared = record.settings.byKey && record.phase === 'shifting';
    if (isShared && holder) {
      const next = { ...record, holder, phase: 'returning' as const, towards: phase, reasons };
      if (await put(moved(service, next)))
        tell(`${phase}: ${reasons.join('; ')}; the Triggers get back what they were`);
      return again;
    }
    if (!(await put(ended(service, record, phase, reasons)))) return again;
    if (!(await settle({ cluster, clock }, name, targetsOf({ ...record, phase }))))
      say('the traffic is written, but the Service does not say yet that it has moved');
    return { outcome: phase, reasons };
  };

  const held = async (service: KubeObject, { holder: _, ...record }: RolloutRecord, reasons: string[]) => {
    await put(withRecord(service, { ...record, reasons }));
    return { outcome: 'held' as const, reasons };
  };

  const patience = ({ settings }: RolloutRecord) => settings.intervalSeconds + settings.patienceSeconds;

  const check = async (service: KubeObject, record: RolloutRecord): Promise<Turn> => {
    const found = await checkCandidate({ cluster, probe }, service, record);
    if ('failed' in found) return end(service, record, 'rolled back', [found.failed]);
    if ('ready' in found) {
      tell(found.said);
      const next = { ...record, phase: 'shifting' as const, candidate: found.ready };
      if (await put(moved(service, next))) sayStep(next);
      return again;
    }
    tell(found.waiting);
    if (passed(began) <= patience(record)) return undefined;
    return end(service, record, 'rolled back', [
      `it was not ready within ${patience(record)} s: ${found.waiting}`,
    ]);
  };

  const sayStep = ({ settings, step, candidate, stable }: RolloutRecord) => {
    const percent = settings.steps[step] ?? 0;
    say(`${percent}%${settings.byKey ? ' of the keys' : ''} to ${candidate}, ${100 - percent}% to ${stable}`);
  };

  /** One turn of what is done to the Triggers; undefined where they are as they must be. */
  const withTriggers = async (
    service: KubeObject,
    record: RolloutRecord,
    act: typeof shareKeys,
  ): Promise<{ turn: Turn } | undefined> => {
    let progress: Progress;
    try {
      progress = await act({ cluster, handovers }, name, record);
    } catch (error) {
      await writeFailed(error);
      progress = { waiting: last };
    }
    if (progress === 'done') return undefined;
    if ('changed' in progress)
      return {
        turn: await held(service, record, [`somebody else has changed the Trigger ${progress.changed}`]),
      };
    tell(progress.waiting);
    const tooLong = passed(began) > patience(record);
    return { turn: tooLong ? await held(service, record, [progress.waiting]) : undefined };
  };

  const shift = async (service: KubeObject, record: RolloutRecord): Promise<Turn> => {
    const { settings, step } = record;
    if (settings.byKey) {
      const sharing = await withTriggers(service, record, shareKeys);
      if (sharing) return sharing.turn;
      arrive(`${placeOf(record)}, shared`, record);
    }
    const { outcome, reasons } = await readVerdict(metrics, tally, record).catch(
      (error: Error): Verdict => ({ outcome: 'hold', reasons: [`metrics are missing: ${error.message}`] }),
    );
    if (outcome === 'roll back') return end(service, record, 'rolled back', reasons);
    if (record.paused) {
      tell(`paused at ${settings.steps[step]}%`);
      return undefined;
    }
    const elapsed = passed(began);
    if (outcome === 'promote' && elapsed >= settings.intervalSeconds) {
      if (step === settings.steps.length - 1) return end(service, record, 'promoted', reasons);
      say(`${settings.steps[step]}% is well: ${reasons.join('; ')}`);
      const evidence = addErrors(record.evidence, tally.pair());
      const next = { ...record, step: step + 1, evidence };
      if (await put(moved(service, next))) sayStep(next);
      return again;
    }
    if (outcome === 'hold' && elapsed > patience(record)) return held(service, record, reasons);
    if (settings.probe !== undefined) await sendProbes(probe, service, settings.probe);
    return undefined;
  };

  const giveBack = async (service: KubeObject, record: RolloutRecord): Promise<Turn> => {
    const returning = await withTriggers(service, record, returnKeys);
    if (returning) return returning.turn;
    return end(service, record, record.towards ?? 'aborted', record.reasons);
  };

  const turn = async (): Promise<Turn> => {
    let service: KubeObject;
    try {
      service = await cluster.service(name);
    } catch (error) {
      tell(`the Kubernetes API is lost: ${(error as Error).message}`);
      return undefined;
    }
    const record = readRecord(service);
    if (!record) return { outcome: 'held', reasons: ['somebody has removed the record of this rollout'] };
    if (!isUnderWay(record)) return { outcome: record.phase as Outcome, reasons: record.reasons };
    if (record.holder?.id !== me) return { outcome: 'held', reasons: ['another call drives it now'] };
    const changed = record.towards !== 'aborted' && changedByOthers(service, record);
    if (changed) return { outcome: 'held', reasons: [`somebody else has changed ${name}: ${changed}`] };
    if (signal.aborted) return held(service, record, ['it was interrupted']);
    arrive(placeOf(record), record);
    if (clock.now() - beaten >= beatEveryMs) {
      const holder = { id: me, beat: record.holder.beat + 1 };
      await put(withRecord(service, { ...record, holder }));
      return again;
    }
    const acts = { checking: check, shifting: shift, returning: giveBack };
    return acts[record.phase as keyof typeof acts](service, record);
  };

  for (;;) {
    const result = await turn();
    if (result === again) continue;
    if (result) return result;
    if (signal.aborted && passed(beaten) > 30) return { outcome: 'held', reasons: ['it was interrupted'] };
    await clock.sleep(readEveryMs);
  }
};

const placeOf = ({ phase, step, paused }: RolloutRecord): string => `${phase} ${step} ${paused}`;
