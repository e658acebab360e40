import fc from 'fast-check';
import { begin } from '../../../scripts/rollout/begin.ts';
import { drive, type Ending } from '../../../scripts/rollout/drive.ts';
import { takeOver } from '../../../scripts/rollout/hold.ts';
import { isUnderWay, type Outcome, readRecord, type Settings } from '../../../scripts/rollout/record.ts';
import { type Death, Killed, type Model } from './model.ts';

export const name = 'shop';
const say = () => {};

export const driving = (model: Model, me: string) => ({
  ...model,
  me,
  say,
  signal: new AbortController().signal,
});

export const beginAs = (model: Model, me: string, settings: Settings) =>
  begin({ cluster: model.cluster, me, name, image: 'shop:v2', settings, dryRun: false });

export const deathsWithin = (max: number) =>
  fc.array(fc.record({ call: fc.integer({ min: 1, max }), after: fc.boolean(), whole: fc.boolean() }), {
    maxLength: 4,
  });

/** One process after the other drives the rollout until it has ended. */
export const livesOf = async (
  model: Model,
  deaths: readonly Death[],
  settings: Settings,
): Promise<Ending> => {
  for (let life = 0; ; life++) {
    model.live(deaths[life]);
    try {
      return await oneLife(model, `life ${life}`, settings);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
  }
};

/** Begins a rollout, or goes on with one that stands, to its end; it may be killed on the way. */
const oneLife = async (model: Model, me: string, settings: Settings): Promise<Ending> => {
  const record = readRecord(model.current());
  if (!record) await beginAs(model, me, settings);
  else if (isUnderWay(record)) await takeOver({ ...model, me, say }, name);
  else return { outcome: record.phase as Outcome, reasons: record.reasons };
  return drive(driving(model, me), name);
};
