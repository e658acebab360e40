import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFunctions } from '../routes/world.ts';
import { bytesDrafts, nearlyValidDrafts } from './mutations.ts';
import { rawEdits } from './raw.ts';
import { validDrafts } from './request.ts';
import { type Bench, startBench } from './run-case.ts';
import { type Target, weightOf } from './targets.ts';

const cases = Number(process.env.FUZZ_CASES ?? 10_000);
const seed = Number(process.env.FUZZ_SEED ?? 1);
const only = process.env.FUZZ_ONLY;
const path = process.env.FUZZ_PATH;

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.close());

/** Its own for each operation, so that a new one changes no other's cases. */
const seedOf = (target: Target) =>
  createHash('sha256').update(`${seed} ${target.name}`).digest().readInt32BE();

const anyCase = (target: Target) =>
  fc.oneof(
    { weight: 7, arbitrary: fc.tuple(validDrafts(target)) },
    { weight: 9, arbitrary: fc.tuple(nearlyValidDrafts(target)) },
    { weight: 2, arbitrary: fc.tuple(bytesDrafts(target)) },
    { weight: 2, arbitrary: fc.tuple(validDrafts(target), rawEdits) },
  );

/** Runs an operation's share; answers how many cases it was. Throws the smallest case found that is answered wrongly. */
const fuzz = async (target: Target, runs: number): Promise<number> => {
  const found = await fc.check(
    fc.asyncProperty(anyCase(target), ([draft, raw]) => bench.run(target, draft, raw)),
    { numRuns: runs, seed: seedOf(target), ...(path && { path }) },
  );
  if (found.failed)
    throw new Error(
      `${target.name}, seed ${seed}, after ${found.numRuns} cases and ${found.numShrinks} steps of shrinking: ` +
        `${(found.errorInstance as Error)?.message}\n  again: npm run test:fuzz -- --seed ${seed} --cases ${cases} ` +
        `--only '${target.name}' --path ${found.counterexamplePath}`,
    );
  return found.numRuns;
};

describe('every operation, as its OpenAPI document describes it', () => {
  // Before all others, whatever they may come to: else a schema might never be held against an answer.
  it('answers a good request well, and with something in every list', async () => {
    const faults: string[] = [];
    for (const target of bench.targets)
      await bench.run(target, await bench.good(target)).catch((error: Error) => {
        faults.push(`${target.name}: ${error.message}`);
      });
    expect(faults.join('\n\n')).toBe('');
    expect(bench.unserved()).toEqual([]);
    // They depend on nothing that could be checked.
    expect(bench.emptyLists()).toEqual(['hello', 'web'].map((fn) => `${fn}.health at the function.checks`));
  });

  it(
    `answers ${cases} requests, right and wrong, as documented`,
    async () => {
      const targets = bench.targets.filter(({ name }) => !only || name.includes(only));
      const weights = targets.reduce((sum, target) => sum + weightOf(target), 0);
      const faults: string[] = [];
      let ran = 0;
      for (const target of targets) {
        const runs = Math.ceil((cases * weightOf(target)) / weights);
        ran += await fuzz(target, runs).catch((error: Error) => {
          faults.push(error.message);
          return runs;
        });
      }
      if (process.env.FUZZ_TELL) tell(bench);
      expect(faults.join('\n\n')).toBe('');
      expect(ran).toBeGreaterThanOrEqual(cases);
    },
    120_000 + cases * 60,
  );
});

it('publishes no event that its subscribers refuse', async () => {
  expect(await bench.refusedEvents()).toEqual([]);
});

const tell = ({ answers }: Bench) => {
  for (const [name, counts] of answers)
    console.log(
      `${name.padEnd(50)} ${[...counts]
        .sort()
        .map(([status, n]) => `${status}: ${n}`)
        .join('  ')}`,
    );
};

it('fuzzes every function that there is, at its own door', async () => {
  const fuzzed = new Set(bench.targets.filter(({ door }) => door === 'function').map(({ fn }) => fn));
  for (const { fn, operations } of await findFunctions())
    if (Object.keys(operations).length > 0) expect([...fuzzed]).toContain(fn);
});
