import { addErrors, type ErrorEvidence, failuresOf, judgeErrors } from './errors.ts';
import { judgeLatency } from './latency.ts';
import { type Pair, quantile, type Side } from './side.ts';

/** What a candidate may not exceed, whatever the stable side does. */
export interface Bounds {
  /** Fraction of its requests. */
  maxErrorRate?: number | undefined;
  /** Seconds. */
  maxP99?: number | undefined;
  /** Of the candidate's, in each step, before it may go on. */
  minRequests: number;
}

export interface Question {
  /** What this step showed. */
  pair: Pair;
  /** What the steps before showed of errors. */
  before: ErrorEvidence;
  bounds: Bounds;
  /** How many steps there are in all, and whether this is the last. */
  steps: number;
  last: boolean;
}

export interface Verdict {
  outcome: 'promote' | 'roll back' | 'hold';
  /** Each with its figures; never empty. */
  reasons: string[];
}

/** Roll back where one reason for it is certain; promote, to the next step or to all, where nothing speaks against it any more. */
export const judge = ({ pair, before, bounds, steps, last }: Question): Verdict => {
  const { candidate, stable } = pair;
  const figures = `candidate ${rate(candidate)}, stable ${rate(stable)}${events(pair)}`;
  const errors = judgeErrors(addErrors(before, pair));
  const latency = judgeLatency(pair, steps);
  const times = `median ${seconds(quantile(candidate.latency, 0.5))} against ${seconds(quantile(stable.latency, 0.5))}`;
  const absolute = exceeded(pair, bounds, steps);

  const against = [
    ...(errors === 'worse' ? [`it fails more often: ${figures}`] : []),
    ...(latency === 'slower' ? [`it is slower: ${times}`] : []),
    ...absolute.certain,
  ];
  if (against.length > 0) return { outcome: 'roll back', reasons: against };

  const missing = [
    ...(candidate.requests < bounds.minRequests
      ? [`not enough evidence: ${candidate.requests} of ${bounds.minRequests} requests at the candidate`]
      : []),
    ...(errors === 'suspect' ? [`not enough evidence whether it fails more often: ${figures}`] : []),
    ...(errors === 'open' && last ? [`not enough evidence that it fails no more often: ${figures}`] : []),
    ...(latency === 'open' ? [`not enough evidence that it is no slower: ${times}`] : []),
    ...absolute.possible,
  ];
  if (missing.length > 0) return { outcome: 'hold', reasons: missing };
  return { outcome: 'promote', reasons: [figures, times] };
};

/** Bounds are crossed for certain where chance would show so many beyond them once in four hundred. */
const exceeded = ({ candidate }: Pair, { maxErrorRate, maxP99 }: Bounds, steps: number) => {
  const [certain, possible]: string[][] = [[], []];
  const look = (beyond: number, allowed: number, what: string) => {
    const { requests } = candidate;
    if (isMore(beyond, requests, allowed, 0.0025 / steps)) certain?.push(what);
    else if (beyond > allowed * requests) possible?.push(`not enough evidence: ${what}`);
  };
  if (maxErrorRate !== undefined)
    look(
      failuresOf(candidate),
      maxErrorRate,
      `${rate(candidate)} is more than --max-error-rate ${percent(maxErrorRate)}`,
    );
  if (maxP99 !== undefined) {
    const { bounds, counts } = candidate.latency;
    // Only buckets that lie beyond the limit as a whole.
    const slow = counts.reduce((all, count, i) => all + ((bounds[i - 1] ?? 0) >= maxP99 ? count : 0), 0);
    const p99 = quantile(candidate.latency, 0.99);
    look(slow, 0.01, `p99 of ${seconds(p99)} is more than --max-p99 ${seconds(maxP99)}`);
  }
  return { certain: certain ?? [], possible: possible ?? [] };
};

/** Wald's test, which may be looked at all the time, of the allowed share against what was seen, that half of it at most is credited. */
const isMore = (beyond: number, requests: number, allowed: number, alpha: number): boolean => {
  if (allowed >= 1 || beyond <= allowed * requests) return false;
  if (allowed === 0) return beyond > 0;
  return [2, 5, 20].some((times) => {
    const assumed = Math.min(allowed * times, (1 + allowed) / 2);
    const ratio =
      beyond * Math.log(assumed / allowed) + (requests - beyond) * Math.log((1 - assumed) / (1 - allowed));
    return ratio >= Math.log(3 / alpha);
  });
};

const percent = (share: number) => `${Number((share * 100).toPrecision(3))}%`;

const rate = (side: Side) => {
  const [failed, { requests }] = [failuresOf(side), side];
  return requests === 0 ? 'no requests' : `${failed} of ${requests} failed (${percent(failed / requests)})`;
};

/** In words only where events are delivered at all: requests tell nothing of what was tried again, or given up. */
const events = ({ candidate, stable }: Pair): string => {
  const said = ({ deliveries: { all, retried, failed } }: Side) =>
    `of ${all} events ${retried} retried, ${failed} dead-lettered`;
  const any = candidate.deliveries.all + stable.deliveries.all > 0;
  return any ? `; deliveries: candidate ${said(candidate)}, stable ${said(stable)}` : '';
};

const seconds = (value: number | undefined) =>
  value === undefined
    ? 'nothing'
    : value === Number.POSITIVE_INFINITY
      ? 'more than can be measured'
      : value < 1
        ? `${Number((value * 1000).toPrecision(3))} ms`
        : `${Number(value.toPrecision(3))} s`;
