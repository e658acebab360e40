/**
 * The verdict's rates, by simulation: how often an equal candidate is rolled back, how soon a worse one is found.
 *
 *   node scripts/rollout/simulate.ts [--runs 10000] [--seed 1]
 */
import { parseArgs } from 'node:util';
import { latencyBounds } from '../../knative/local/ingress/histograms.ts';
import { defaultSteps } from './steps.ts';
import { addErrors, type ErrorEvidence, noErrorEvidence } from './verdict/errors.ts';
import { judge } from './verdict/judge.ts';
import { noDeliveries, nothing, type Side, sum } from './verdict/side.ts';

export interface Scene {
  name: string;
  stable: { errors: number; median: number };
  candidate: { errors: number; median: number };
  perSecond: number;
  steps: readonly number[];
  intervalSeconds: number;
  /** Between two readings. */
  readSeconds: number;
  /** At most so many seconds in a step: then it ends held. */
  patienceSeconds: number;
}

export interface Run {
  outcome: 'promote' | 'roll back' | 'hold';
  seconds: number;
  /** Of the candidate. */
  requests: number;
  total: number;
  failed: number;
}

/** Numbers between 0 and 1 from a seed: mulberry32. */
export const dice = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

/** One rollout, with arrivals, failures and times by chance and shares as the ingress deals them: over every hundred. */
export const simulate = (scene: Scene, random: () => number): Run => {
  let before: ErrorEvidence = noErrorEvidence;
  const run: Run = { outcome: 'hold', seconds: 0, requests: 0, total: 0, failed: 0 };
  const bounds = { minRequests: 50 };
  for (const [index, percent] of scene.steps.entries()) {
    const last = index === scene.steps.length - 1;
    let [stable, candidate] = [nothing, nothing];
    let left: boolean[] = [];
    for (let second = scene.readSeconds; ; second += scene.readSeconds) {
      if (second > scene.patienceSeconds) return run;
      const sides: Record<'stable' | 'candidate', Side> = { stable: blank(), candidate: blank() };
      for (let i = arrivals(scene.perSecond * scene.readSeconds, random); i > 0; i--) {
        if (left.length === 0) left = deal(percent, random);
        const which = left.pop() ? 'candidate' : 'stable';
        answer(sides[which], scene[which], random);
      }
      stable = sum(stable, sides.stable);
      candidate = sum(candidate, sides.candidate);
      run.seconds += scene.readSeconds;
      run.requests += sides.candidate.requests;
      run.total += sides.candidate.requests + sides.stable.requests;
      run.failed += sides.candidate.errors + sides.stable.errors;
      const pair = { stable, candidate };
      const { outcome } = judge({ pair, before, bounds, steps: scene.steps.length, last });
      if (outcome === 'roll back' || (outcome === 'promote' && last && second >= scene.intervalSeconds))
        return { ...run, outcome };
      if (outcome === 'promote' && second >= scene.intervalSeconds) break;
    }
    before = addErrors(before, { stable, candidate });
  }
  return run;
};

const blank = (): Side => ({
  requests: 0,
  errors: 0,
  latency: { bounds: latencyBounds, counts: Array(latencyBounds.length + 1).fill(0) },
  deliveries: noDeliveries,
});

const answer = (side: Side, { errors, median }: Scene['stable'], random: () => number): void => {
  // Lognormal: one in a hundred takes five times the median.
  const time = median * Math.exp(0.7 * normal(random));
  const within = latencyBounds.findIndex((bound) => time <= bound);
  const bucket = within < 0 ? latencyBounds.length : within;
  (side.latency.counts as number[])[bucket] = (side.latency.counts[bucket] ?? 0) + 1;
  side.requests++;
  if (random() < errors) side.errors++;
};

const normal = (random: () => number) =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const arrivals = (mean: number, random: () => number): number =>
  Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));

const deal = (percent: number, random: () => number): boolean[] => {
  const cards = Array.from({ length: 100 }, (_, i) => i < percent);
  for (let i = 99; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [cards[i], cards[j]] = [cards[j] as boolean, cards[i] as boolean];
  }
  return cards;
};

const usual = {
  perSecond: 50,
  steps: defaultSteps,
  intervalSeconds: 30,
  readSeconds: 1,
  patienceSeconds: 900,
};
const at = (errors: number, median = 0.02) => ({ errors, median });

export const scenes: readonly Scene[] = [
  { name: 'equal, no errors', stable: at(0), candidate: at(0), ...usual },
  { name: 'equal, 0.1 % errors', stable: at(0.001), candidate: at(0.001), ...usual },
  { name: 'equal, 1 % errors', stable: at(0.01), candidate: at(0.01), ...usual },
  { name: 'equal, 5 % errors', stable: at(0.05), candidate: at(0.05), ...usual },
  { name: 'errors doubled, 1 % to 2 %', stable: at(0.01), candidate: at(0.02), ...usual },
  { name: 'errors from 0 to 5 %', stable: at(0), candidate: at(0.05), ...usual },
  { name: 'errors from 0 to 20 %', stable: at(0), candidate: at(0.2), ...usual },
  { name: '3 times slower', stable: at(0), candidate: at(0, 0.06), ...usual },
  { name: '1.2 times slower', stable: at(0), candidate: at(0, 0.024), ...usual },
];

const quantileOf = (sorted: number[], q: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;

const main = () => {
  const { values } = parseArgs({
    options: { runs: { type: 'string' }, seed: { type: 'string' }, scene: { type: 'string' } },
  });
  const runs = Number(values.runs ?? 10_000);
  const random = dice(Number(values.seed ?? 1));
  console.log(
    `${runs} runs each, steps ${defaultSteps.join(',')}, ${usual.perSecond} requests/s, read every ${usual.readSeconds} s`,
  );
  for (const scene of scenes.filter(({ name }) => name.includes(values.scene ?? ''))) {
    const all = Array.from({ length: runs }, () => simulate(scene, random));
    const share = (outcome: Run['outcome']) =>
      `${((100 * all.filter((run) => run.outcome === outcome).length) / runs).toFixed(2)} %`;
    const sorted = (of: (run: Run) => number) => all.map(of).sort((a, b) => a - b);
    const spread = (of: (run: Run) => number, digits = 0) =>
      [0.5, 0.95].map((q) => quantileOf(sorted(of), q).toFixed(digits)).join(' / ');
    console.log(
      `${scene.name.padEnd(28)} rolled back ${share('roll back').padStart(8)}  promoted ${share('promote').padStart(8)}  held ${share('hold').padStart(8)}` +
        `  p50/p95: ${spread(({ seconds }) => seconds)} s, ${spread(({ requests }) => requests)} at the candidate, ${spread(({ total }) => total)} in all, ${spread(({ failed, total }) => (100 * failed) / total, 2)} % failed` +
        `; within 10 s ${((100 * all.filter((run) => run.seconds <= 10).length) / runs).toFixed(1)} %`,
    );
  }
};

if (import.meta.main) main();
