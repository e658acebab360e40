import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../knative/local/store/types.ts';
import { drive, type Ending } from '../../scripts/rollout/drive.ts';
import { InUseError, takeOver } from '../../scripts/rollout/hold.ts';
import { readRecord, type Settings } from '../../scripts/rollout/record.ts';
import { steer } from '../../scripts/rollout/steer.ts';
import { beginAs as beginWith, deathsWithin, driving, livesOf, name } from './support/lives.ts';
import { createModel, type Model, type ModelSettings } from './support/model.ts';

const settings: Settings = {
  strategy: 'canary',
  steps: [5, 20, 50],
  intervalSeconds: 30,
  patienceSeconds: 60,
  minRequests: 50,
};
const well: ModelSettings = { candidateErrors: 0, traffic: 100, metrics: true, starts: true };
const beginAs = (model: Model, me: string, more: Partial<Settings> = {}) =>
  beginWith(model, me, { ...settings, ...more });
const start = async (model: Model, more: Partial<Settings> = {}): Promise<Ending> => {
  await beginAs(model, 'first', more);
  return drive(driving(model, 'first'), name);
};
const percentOf = (model: Model, revision: string) =>
  model.shares().find(({ revisionName }) => revisionName === revision)?.percent ?? 0;

/** Shares that the candidate had, in order. */
const climbed = (model: Model) => {
  const shares = model.history.map(
    (traffic) =>
      traffic.find(({ revisionName, percent = 0 }) => revisionName === 'shop-00002' && percent > 0)
        ?.percent ?? 0,
  );
  return shares.filter((share, i) => i === 0 || share !== shares[i - 1]);
};

describe('a rollout', () => {
  it('1: begins with one write that moves nothing, and ends with all traffic at the latest revision', async () => {
    const model = createModel(well);
    await beginAs(model, 'first');
    expect(model.current().spec.traffic).toEqual([
      { revisionName: 'shop-00001', latestRevision: false, percent: 100 },
      { latestRevision: true, percent: 0, tag: 'candidate' },
    ]);
    expect(model.shares().map(({ revisionName }) => revisionName)).toEqual(['shop-00001']);
    expect((await drive(driving(model, 'first'), name)).outcome).toBe('promoted');
    expect(model.current().spec.traffic).toEqual([{ latestRevision: true, percent: 100 }]);
    expect(climbed(model)).toEqual([0, 5, 20, 50, 100]);
  });

  it('2: of a candidate that fails, or does not start, ends with all traffic where it was', async () => {
    for (const more of [{ candidateErrors: 0.2 }, { starts: false }]) {
      const model = createModel({ ...well, ...more });
      const { outcome, reasons } = await start(model);
      expect(outcome).toBe('rolled back');
      expect(reasons.join()).toMatch(/fails more often|does not run/);
      expect(percentOf(model, 'shop-00001')).toBe(100);
      expect(Math.max(...climbed(model))).toBeLessThanOrEqual(5);
    }
  });

  it('3: without metrics, or without traffic, holds, and never promotes', async () => {
    for (const more of [{ metrics: false }, { traffic: 0 }]) {
      const model = createModel({ ...well, ...more });
      const { outcome, reasons } = await start(model);
      expect(outcome).toBe('held');
      expect(reasons.join()).toMatch(/metrics are missing|not enough evidence/);
      expect(percentOf(model, 'shop-00002')).toBe(5);
    }
  });

  it('4: killed at any call, goes on to the same end by another call, and its traffic never passes over a step', async () => {
    await fc.assert(
      fc.asyncProperty(deathsWithin(120), fc.constantFrom(0, 0.2), async (deaths, candidateErrors) => {
        const model = createModel({ ...well, candidateErrors });
        const ending = await livesOf(model, deaths, settings);
        expect(ending.outcome).toBe(candidateErrors ? 'rolled back' : 'promoted');
        expect(model.shares()).toHaveLength(1);
        const path = climbed(model);
        expect(path).toEqual(candidateErrors ? [0, 5, 0] : [0, 5, 20, 50, 100]);
      }),
      { numRuns: 150 },
    );
  });

  it('5: is driven by one: a second beginning and a second driver are refused while the first lives', async () => {
    const model = createModel(well);
    const both = await Promise.allSettled([beginAs(model, 'first'), beginAs(model, 'second')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const me = readRecord(model.current())?.holder?.id ?? '';
    const running = drive(driving(model, me), name);
    await expect(takeOver(driving(model, 'third'), name)).rejects.toThrow(InUseError);
    await expect(beginAs(model, 'fourth')).rejects.toThrow('is under way');
    expect((await running).outcome).toBe('promoted');
  });

  it('6: holds and writes nothing more when somebody else has changed the Service, and says what', async () => {
    const changes: [RegExp, (service: KubeObject) => void][] = [
      [
        /its image is shop:v9/,
        ({ spec }) => Object.assign(spec.template.spec.containers[0], { image: 'shop:v9' }),
      ],
      [
        /its traffic is the latest 100%/,
        ({ spec }) => Object.assign(spec, { traffic: [{ latestRevision: true, percent: 100 }] }),
      ],
      [/its template was changed/, ({ spec }) => Object.assign(spec.template.spec, { timeoutSeconds: 9 })],
    ];
    for (const [said, change] of changes) {
      const model = createModel(well);
      await beginAs(model, 'first');
      const running = drive(driving(model, 'first'), name);
      while (percentOf(model, 'shop-00002') !== 20) await new Promise((resolve) => setImmediate(resolve));
      model.edit(change);
      const changed = model.current();
      const { outcome, reasons } = await running;
      expect(outcome).toBe('held');
      expect(reasons.join()).toMatch(said);
      expect(model.current()).toEqual(changed);
    }
  });

  it('7: can be paused, goes on, and is aborted at once whoever drives it', async () => {
    const model = createModel(well);
    await beginAs(model, 'first');
    const running = drive(driving(model, 'first'), name);
    const until = async (condition: () => boolean) => {
      while (!condition()) await new Promise((resolve) => setImmediate(resolve));
    };
    await until(() => percentOf(model, 'shop-00002') === 5);
    await steer({ cluster: model.cluster, name, verb: 'pause' });
    const paused = model.now();
    await until(() => model.now() > paused + 300_000);
    expect(percentOf(model, 'shop-00002')).toBe(5);
    expect(await steer({ cluster: model.cluster, name, verb: 'resume' })).toBe(true);
    await until(() => percentOf(model, 'shop-00002') === 20);
    await steer({ cluster: model.cluster, name, verb: 'abort' });
    expect(percentOf(model, 'shop-00001')).toBe(100);
    expect((await running).outcome).toBe('aborted');
    expect(percentOf(model, 'shop-00001')).toBe(100);
  });

  it('7: an abort leaves traffic where somebody else has set it, and ends the rollout', async () => {
    const model = createModel(well);
    await beginAs(model, 'first');
    model.edit(({ spec }) => Object.assign(spec, { traffic: [{ latestRevision: true, percent: 100 }] }));
    await steer({ cluster: model.cluster, name, verb: 'abort' });
    expect(percentOf(model, 'shop-00002')).toBe(100);
    expect(readRecord(model.current())?.phase).toBe('aborted');
    await expect(steer({ cluster: model.cluster, name, verb: 'pause' })).rejects.toThrow(
      'no rollout of shop under way',
    );
  });

  it('8: blue-green gives nothing, then all, in one write', async () => {
    const model = createModel(well);
    // It is compared with what the stable one has answered before.
    await model.clock.sleep(60_000);
    expect((await start(model, { strategy: 'blue-green', steps: [100] })).outcome).toBe('promoted');
    expect(climbed(model)).toEqual([0, 100]);
    const failing = createModel({ ...well, candidateErrors: 0.2 });
    await failing.clock.sleep(60_000);
    expect((await start(failing, { strategy: 'blue-green', steps: [100] })).outcome).toBe('rolled back');
    expect(climbed(failing)).toEqual([0, 100, 0]);
  });

  it('9: interrupted, stays where it is for another call', async () => {
    const model = createModel(well);
    await beginAs(model, 'first');
    const stopping = new AbortController();
    const running = drive({ ...driving(model, 'first'), signal: stopping.signal }, name);
    while (percentOf(model, 'shop-00002') !== 20) await new Promise((resolve) => setImmediate(resolve));
    stopping.abort();
    expect((await running).outcome).toBe('held');
    expect(percentOf(model, 'shop-00002')).toBe(20);
    const looked = model.now();
    await takeOver(driving(model, 'second'), name);
    expect(model.now()).toBe(looked);
    expect((await drive(driving(model, 'second'), name)).outcome).toBe('promoted');
  });
});
