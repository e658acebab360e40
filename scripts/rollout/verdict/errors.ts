import type { Pair, Side } from './side.ts';

/** What the error test was told to tell apart, and how sure it must be. */
export interface ErrorTest {
  /** Chance to find an equal candidate worse, over the whole rollout. */
  alpha: number;
  /** Chance to find a candidate fine that has `ratio` times the errors and at least `floor` of them. */
  beta: number;
  ratio: number;
  floor: number;
}

export const errorTest: ErrorTest = { alpha: 0.009, beta: 0.02, ratio: 2, floor: 0.01 };

/** Besides the doubling it must find: what fails outright is to be found by its second error. */
const broken = 100;

/**
 * Logarithms of likelihood ratios, summed up over what was read: that the candidate fails `ratio` times, or `broken` times,
 * as often as the stable one, against that both fail alike.
 */
export interface ErrorEvidence {
  ratio: number;
  broken: number;
  requests: number;
  errors: number;
}

export const noErrorEvidence: ErrorEvidence = { ratio: 0, broken: 0, requests: 0, errors: 0 };

/**
 * Adds what one step showed. Each error is a draw: where both sides fail alike it is the candidate's with the probability of
 * its share of the requests, whatever the rate of errors is; where it fails r times as often, with that of r shares to the
 * other's one. So a dependency that fails for both tells nothing against the candidate, and no rate must be known before.
 * Events that were refused are drawn among the deliveries, which another share may hold for: the draws add up all the same.
 */
export const addErrors = (
  evidence: ErrorEvidence,
  { stable, candidate }: Pair,
  { ratio }: Pick<ErrorTest, 'ratio'> = errorTest,
): ErrorEvidence => {
  const [mine, theirs] = [candidate.deliveries, stable.deliveries];
  const gained = (r: number): number =>
    drawn(r, shareOf(candidate.requests, stable.requests), candidate.errors, stable.errors) +
    drawn(r, shareOf(mine.all, theirs.all), mine.refused, theirs.refused);
  return {
    ratio: evidence.ratio + gained(ratio),
    broken: evidence.broken + gained(broken),
    requests: evidence.requests + candidate.requests,
    errors: evidence.errors + failuresOf(candidate),
  };
};

/** Requests that failed, and events that were refused. */
export const failuresOf = ({ errors, deliveries }: Side): number => errors + deliveries.refused;

const shareOf = (mine: number, theirs: number): number => mine / (mine + theirs);

const drawn = (r: number, share: number, mine: number, theirs: number): number => {
  if (!(share > 0 && share < 1)) return 0;
  const all = r * share + 1 - share;
  return mine * Math.log(r / all) - theirs * Math.log(all);
};

export type ErrorFinding =
  | 'worse'
  /** More errors than a doubling, and than the floor, would let one expect so few of. */
  | 'fine'
  /** Rather worse than not, but it may be chance. */
  | 'suspect'
  | 'open';

const suspicion = 3;

/** Wald's sequential test on both ratios at once, and an upper bound for candidates with next to no errors. */
export const judgeErrors = (evidence: ErrorEvidence, test: ErrorTest = errorTest): ErrorFinding => {
  const against = (Math.exp(evidence.ratio) + Math.exp(evidence.broken)) / 2;
  if (against >= 1 / test.alpha) return 'worse';
  if (evidence.ratio <= Math.log(test.beta) || isBelow(test.floor, evidence, test.beta)) return 'fine';
  return against >= suspicion ? 'suspect' : 'open';
};

/** Whether so few errors are too few for this rate: Wald's test of it against a fifth of it, which may be looked at all the time. */
const isBelow = (rate: number, { requests, errors }: ErrorEvidence, beta: number): boolean => {
  const low = rate / 5;
  const ratio = errors * Math.log(low / rate) + (requests - errors) * Math.log((1 - low) / (1 - rate));
  return ratio >= Math.log(1 / beta);
};
