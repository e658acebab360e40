import type { KubeObject } from '../../knative/local/store/types.ts';
import { ConflictError } from '../kube.ts';
import { checkCandidate } from './check-candidate.ts';
import { beatEveryMs } from './hold.ts';
import { changedByOthers, moved } from './moves.ts';
import type { Clock, Cluster, Metrics, Probe } from './ports.ts';
import { isUnderWay, type RolloutRecord, readRecord, withRecord } from './record.ts';
import { settle } from './settle.ts';
import { createTally } from './tally.ts';
import { trafficOf } from './traffic.ts';
import { addErrors } from './verdict/errors.ts';
import { judge } from './verdict/judge.ts';

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
  outcome: 'promoted' | 'rolled back' | 'aborted' | 'held';
  reasons: string[];
}

export const readEveryMs = 1_000;
const again = 'again';

/** Drives a rollout that this call holds to its end, or to where it must hold. Every turn begins with what the Service says. */
export const drive = async (driving: Driving, name: string): Promise<Ending> => {
  const { cluster, metrics, clock, probe, me, say, signal } = driving;
  const passed = (from: number) => (clock.now() - from) / 1000;
  let at = '';
  let began = clock.now();
  let beaten = clock.now();
  let tally = createTally(false);
  let last = '';
  const tell = (line: string) => {
    if (line !== last) say(line);
    last = line;
  };

  /** One write; whoever was faster, or an answer that was lost, is found at the next turn's look. */
  const put = async (service: KubeObject): Promise<boolean> => {
    try {
      await cluster.put(service);
      beaten = clock.now();
      return true;
    } catch (error) {
      if (!(error instanceof ConflictError)) {
        tell(`the write failed: ${(error as Error).message}`);
        await clock.sleep(readEveryMs);
      }
      return false;
    }
  };

  const end = async (
    service: KubeObject,
    { holder: _, ...record }: RolloutRecord,
    phase: 'promoted' | 'rolled back',
    reasons: string[],
  ): Promise<Ending | typeof again> => {
    if (!(await put(moved(service, { ...record, phase, reasons })))) return again;
    await settled({ ...record, phase });
    return { outcome: phase, reasons };
  };

  /** The Service says that the traffic is as it was written. */
  const settled = async (record: RolloutRecord): Promise<void> => {
    const expected = trafficOf(record).map((target) =>
      target.latestRevision ? { ...target, revisionName: record.candidate ?? '' } : target,
    );
    if (!(await settle({ cluster, clock }, name, expected)))
      say('the traffic is written, but the Service does not say yet that it has moved');
  };

  const held = async (service: KubeObject, { holder: _, ...record }: RolloutRecord, reasons: string[]) => {
    await put(withRecord(service, { ...record, reasons }));
    return { outcome: 'held' as const, reasons };
  };

  const patience = ({ settings }: RolloutRecord) => settings.intervalSeconds + settings.patienceSeconds;

  const check = async (
    service: KubeObject,
    record: RolloutRecord,
  ): Promise<Ending | typeof again | undefined> => {
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

  const sayStep = ({ settings, step, candidate, stable }: RolloutRecord) =>
    say(`${settings.steps[step]}% to ${candidate}, ${100 - (settings.steps[step] ?? 0)}% to ${stable}`);

  const shift = async (
    service: KubeObject,
    record: RolloutRecord,
  ): Promise<Ending | typeof again | undefined> => {
    const { settings, step, stable, candidate = '' } = record;
    let outcome: 'promote' | 'roll back' | 'hold' = 'hold';
    let reasons: string[];
    try {
      const [ofStable, ofCandidate] = await metrics.read([stable, candidate], {});
      if (!ofStable || !ofCandidate) throw new Error('no figures of its revisions');
      const isLast = step === settings.steps.length - 1;
      ({ outcome, reasons } = judge({
        pair: tally.add(ofStable, ofCandidate),
        before: record.evidence,
        bounds: settings,
        steps: settings.steps.length,
        last: isLast,
      }));
    } catch (error) {
      reasons = [`metrics are missing: ${(error as Error).message}`];
    }
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
    if (settings.probe !== undefined) await sendProbes(service, settings.probe);
    return undefined;
  };

  const sendProbes = async (service: KubeObject, path: string) => {
    const url = service.status?.traffic?.find(({ tag }: { tag?: string }) => tag === 'candidate')?.url;
    const both = [url, service.status?.url].filter((one) => one !== undefined);
    await Promise.all(both.map((one) => probe.send(new URL(path, one).href, 20)));
  };

  const turn = async (): Promise<Ending | typeof again | undefined> => {
    let service: KubeObject;
    try {
      service = await cluster.service(name);
    } catch (error) {
      tell(`the Kubernetes API is lost: ${(error as Error).message}`);
      return undefined;
    }
    const record = readRecord(service);
    if (!record) return { outcome: 'held', reasons: ['somebody has removed the record of this rollout'] };
    if (!isUnderWay(record)) return { outcome: record.phase as 'aborted', reasons: record.reasons };
    if (record.holder?.id !== me) return { outcome: 'held', reasons: ['another call drives it now'] };
    const changed = changedByOthers(service, record);
    if (changed) return { outcome: 'held', reasons: [`somebody else has changed ${name}: ${changed}`] };
    if (signal.aborted) return held(service, record, ['it was interrupted']);
    const place = `${record.phase} ${record.step} ${record.paused}`;
    if (place !== at) {
      at = place;
      began = clock.now();
      tally = createTally(record.settings.strategy === 'blue-green');
    }
    if (clock.now() - beaten >= beatEveryMs) {
      const holder = { id: me, beat: record.holder.beat + 1 };
      await put(withRecord(service, { ...record, holder }));
      return again;
    }
    return record.phase === 'checking' ? check(service, record) : shift(service, record);
  };

  for (;;) {
    const result = await turn();
    if (result === again) continue;
    if (result) return result;
    if (signal.aborted && passed(beaten) > 30) return { outcome: 'held', reasons: ['it was interrupted'] };
    await clock.sleep(readEveryMs);
  }
};
