import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { begin } from '../../scripts/rollout/begin.ts';
import { drive, type Ending } from '../../scripts/rollout/drive.ts';
import { lotsOf } from '../../scripts/rollout/keys/key-filter.ts';
import { readRecord, type Settings } from '../../scripts/rollout/record.ts';
import { steer } from '../../scripts/rollout/steer.ts';
import { deathsWithin, driving, livesOf, name } from './support/lives.ts';
import { createModel, type Model } from './support/model.ts';
import type { Delivered } from './support/topic.ts';

const settings: Settings = {
  strategy: 'canary',
  steps: [5, 20, 50],
  intervalSeconds: 10,
  patienceSeconds: 600,
  minRequests: 50,
  byKey: true,
};
const candidate = 'shop-00002';

const modelOf = (seed: number, candidateErrors = 0) =>
  createModel({ candidateErrors, traffic: 0, metrics: true, starts: true, events: { perSecond: 40, seed } });

/** Its events by number, in the order of the log, with who got each. */
const sidesOf = (delivered: readonly Delivered[]) => {
  const sides = new Map<number, Set<string>>();
  for (const { event, revision } of delivered)
    sides.set(event, (sides.get(event) ?? new Set()).add(revision));
  return sides;
};

const expectAllDelivered = (model: Model) => {
  model.topic.drain(model.now());
  const sides = sidesOf(model.topic.delivered);
  expect(model.topic.accepted().filter(({ event }) => !sides.has(event))).toEqual([]);
};

const expectAsBefore = ({ topic }: Model) => {
  const { metadata, spec } = topic.original;
  const [only, ...others] = topic.list();
  expect(others).toEqual([]);
  expect(only?.spec).toEqual(spec);
  expect(only?.metadata).toMatchObject(metadata);
  expect(only?.metadata.annotations ?? {}).toEqual({});
};

describe('a rollout by key', () => {
  it('17, 19: killed at any call, loses no event and leaves the Triggers as they were', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        deathsWithin(300),
        fc.constantFrom(0, 0.2),
        async (seed, deaths, candidateErrors) => {
          const model = modelOf(seed, candidateErrors);
          const { outcome } = await livesOf(model, deaths, settings);
          expect(outcome).toBe(candidateErrors ? 'rolled back' : 'promoted');
          expectAsBefore(model);
          expectAllDelivered(model);
        },
      ),
      { numRuns: 150 },
    );
  }, 120_000);

  it('17, 19: aborted at any time, too', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 0, max: 150_000 }), async (seed, after) => {
        const model = modelOf(seed);
        const running = start(model);
        while (model.now() < after && !(await Promise.race([running, turn()])));
        const isOver = await steer({ cluster: model.cluster, name, verb: 'abort' }).then(
          () => false,
          () => true,
        );
        const { outcome } = await running;
        expect(outcome).toBe(isOver ? 'promoted' : 'aborted');
        expectAsBefore(model);
        expectAllDelivered(model);
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it("18: keys only ever go to the candidate's side, those of a step's lots and no others, and events without one stay", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const model = modelOf(seed);
        await start(model);
        // From its promotion on the candidate is what the Service leads to.
        const promoted = model.topic.delivered.findIndex(
          ({ trigger, revision }) => trigger === 'sold' && revision === candidate,
        );
        const sides = sidesOf(model.topic.delivered.slice(0, promoted));
        const gone = new Set<string>();
        for (const { event, key } of model.topic.accepted()) {
          const at = sides.get(event) ?? new Set();
          if (at.has(candidate)) expect(Number.parseInt(key?.slice(-2) ?? 'ff', 16)).toBeLessThan(lotsOf(50));
          if (at.size !== 1 || key === null) continue;
          if (at.has(candidate)) gone.add(key);
          else expect(gone).not.toContain(key);
        }
        expect(gone.size).toBeGreaterThan(20);
      }),
      { numRuns: 10 },
    );
  }, 120_000);

  it('20: a candidate that is rolled back is sent nothing new while the keys are handed back', async () => {
    const model = modelOf(7, 0.2);
    const running = start(model);
    let ledBack: number | undefined;
    while ((await Promise.race([running, turn()])) === undefined) {
      const twin = model.topic.list().find(({ metadata }) => metadata.name === 'sold-candidate');
      const observed = twin?.status?.observedGeneration === twin?.metadata.generation;
      if (twin?.spec.subscriber.ref && observed) ledBack ??= model.topic.delivered.length;
    }
    expect((await running).outcome).toBe('rolled back');
    expect(ledBack).toBeGreaterThan(0);
    const after = model.topic.delivered.slice(ledBack).map(({ revision }) => revision);
    expect(after.length).toBeGreaterThan(0);
    expect(after).not.toContain(candidate);
  });

  it('21: holds where somebody else has changed a Trigger, says which, and an abort leaves it', async () => {
    const model = modelOf(3);
    const running = start(model);
    while (!model.topic.list().some(({ spec, metadata }) => metadata.name === 'sold' && spec.filters))
      await turn();
    const [sold] = model.topic.list();
    model.topic.put({ ...sold!, spec: { ...sold!.spec, filters: [{ exact: { type: 'returned' } }] } });
    const { outcome, reasons } = await running;
    expect(outcome).toBe('held');
    expect(reasons).toEqual(['somebody else has changed the Trigger sold']);
    expect(model.topic.list()[0]?.spec.filters).toEqual([{ exact: { type: 'returned' } }]);
  });

  it('is refused where no Trigger delivers to the Service, or the name beside one is taken', async () => {
    const model = modelOf(1);
    model.topic.create({
      ...model.topic.original,
      metadata: { name: 'sold-candidate', namespace: 'kagari' },
    });
    await expect(start(model)).rejects.toThrow(/there is a Trigger sold-candidate already/);
    for (const trigger of model.topic.list()) model.topic.remove(trigger);
    await expect(start(model)).rejects.toThrow(/no Trigger delivers events to shop/);
    expect(readRecord(model.current())).toBeUndefined();
  });
});

const turn = () => new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)));

const start = async (model: Model): Promise<Ending> => {
  await begin({ cluster: model.cluster, me: 'first', name, image: 'shop:v2', settings, dryRun: false });
  return drive(driving(model, 'first'), name);
};
