import { normalAbove } from './normal.ts';
import type { Histogram, Pair } from './side.ts';

/** What the latency test was told to tell apart, and how sure it must be. */
export interface LatencyTest {
  /** Chance to find a candidate slower that is just within tolerance, over the whole rollout. */
  alpha: number;
  /** Chance to find one fine that is just beyond it. */
  beta: number;
  /** Tolerated: so many times as slow, or so many seconds more, whichever is the more. */
  times: number;
  seconds: number;
  /** Fewer requests of either side tell nothing. */
  least: number;
}

export const latencyTest: LatencyTest = {
  alpha: 0.0025,
  beta: 0.02,
  times: 1.5,
  seconds: 0.01,
  least: 30,
};

export type LatencyFinding = 'slower' | 'fine' | 'open';

/**
 * A rank test (Mann and Whitney) of the candidate's times against the stable one's, which are made slower by what is
 * tolerated: above, the candidate is slower than that; below, it is not. `steps` share alpha among them; within a step looks
 * count that come as the number of requests grows by a quarter, and spend α/2, α/6, α/12 …
 */
export const judgeLatency = (
  { stable, candidate }: Pair,
  steps: number,
  test: LatencyTest = latencyTest,
): LatencyFinding => {
  const requests = total(candidate.latency);
  const others = total(stable.latency);
  if (Math.min(requests, others) < test.least) return 'open';
  const look = 1 + Math.floor(Math.log(requests / test.least) / Math.log(1.25));
  const spent = 1 / (look * (look + 1) * steps);
  // Without the correction for ties, which would be smaller: on the safe side.
  const deviation = Math.sqrt((requests + others + 1) / (12 * requests * others));
  const z = (slowerShare(candidate.latency, stable.latency, test) - 0.5) / deviation;
  if (z >= normalAbove(test.alpha * spent)) return 'slower';
  return z <= -normalAbove(test.beta * spent) ? 'fine' : 'open';
};

/** The probability that a request of the candidate takes longer than one of the stable side would, made slower by what is tolerated. */
export const slowerShare = (candidate: Histogram, stable: Histogram, test = latencyTest): number => {
  const slowed = (seconds: number) => Math.max(seconds * tolerated(stable, test), seconds + test.seconds);
  const theirs = spans(stable).map(({ from, to, share }) => ({ from: slowed(from), to: slowed(to), share }));
  let above = 0;
  for (const mine of spans(candidate))
    for (const their of theirs) above += mine.share * their.share * longer(mine, their);
  return above;
};

/** Never finer than the histogram's bounds: else two that are alike would differ by what lies between a bound and the next. */
const tolerated = ({ bounds, counts }: Histogram, { times }: LatencyTest): number =>
  bounds.reduce((widest, bound, i) => {
    const [lower, inUse] = [bounds[i - 1], counts[i] || counts[i + 1]];
    return lower && inUse ? Math.max(widest, bound / lower) : widest;
  }, times);

interface Span {
  from: number;
  to: number;
  share: number;
}

const spans = (histogram: Histogram): Span[] => {
  const all = total(histogram);
  return histogram.counts.flatMap((count, i) => {
    if (count === 0) return [];
    const from = histogram.bounds[i - 1] ?? 0;
    return [{ from, to: histogram.bounds[i] ?? from * 2, share: count / all }];
  });
};

/** P(x > y), both spread evenly over their spans. */
const longer = (x: Span, y: Span): number => {
  if (x.from >= y.to) return 1;
  if (x.to <= y.from) return 0;
  const area = (a: number) => (a <= 0 ? 0 : (a * a) / 2);
  const within = area(x.to - y.from) - area(x.to - y.to) - area(x.from - y.from) + area(x.from - y.to);
  return within / ((x.to - x.from) * (y.to - y.from));
};

const total = ({ counts }: Histogram): number => counts.reduce((all, count) => all + count, 0);
