import type { RevisionSpec } from '../ports.ts';

/** Knative's defaults of config-autoscaler that no annotation changes. */
const maxScaleUpRate = 1_000;
const maxScaleDownRate = 2;
const leastTarget = 0.01;

/** What a pod should carry on average: the smaller of target and containerConcurrency, times the utilization. */
export const targetOf = ({ scaling, containerConcurrency }: RevisionSpec): number => {
  const hard = scaling.metric === 'concurrency' && containerConcurrency > 0;
  const total = hard ? Math.min(scaling.target, containerConcurrency) : scaling.target;
  return Math.max(leastTarget, total * fraction(scaling.targetUtilization));
};

/** As in Knative, 70 and 0.7 are the same. */
const fraction = (share: number): number => (share > 1 ? share / 100 : share);

/** Whole seconds, one at least. */
export const panicWindowOf = ({ windowMs, panicWindowPercentage }: RevisionSpec['scaling']): number =>
  Math.max(1, Math.round((windowMs * panicWindowPercentage) / 100_000)) * 1_000;

export interface Rules {
  target: number;
  activationScale: number;
  windowMs: number;
  /** 2: panic where twice the pods are needed. */
  panicThreshold: number;
  scaleDownDelayMs: number;
}

export interface Seen {
  now: number;
  ready: number;
  /** The metric's averages over the stable and the panic window. */
  stable: number;
  panic: number;
}

/** What a decision leaves to the next. */
export interface Memory {
  /** The last time over the threshold; absent: not in panic. */
  panicAt?: number;
  maxPanicPods: number;
  /** Decisions within the scale-down delay, oldest first. */
  decided: readonly { at: number; pods: number }[];
}

export const noMemory: Memory = { maxPanicPods: 0, decided: [] };

/** Knative's pod autoscaler: how many pods the load needs, before the revision's bounds. */
export const decide = (rules: Rules, memory: Memory, seen: Seen): { pods: number; memory: Memory } => {
  const ready = Math.max(1, seen.ready);
  const needed = (value: number) => Math.ceil(value / rules.target);
  const within = (pods: number) => {
    const limited = Math.min(
      Math.max(pods, Math.floor(ready / maxScaleDownRate)),
      Math.ceil(ready * maxScaleUpRate),
    );
    return pods > 0 ? Math.max(limited, rules.activationScale) : limited;
  };
  const stable = within(needed(seen.stable));
  const panic = within(needed(seen.panic));
  const isOver = needed(seen.panic) / ready >= rules.panicThreshold;
  const panicAt = isOver ? seen.now : stillIn(memory.panicAt, rules.windowMs, seen.now);
  const maxPanicPods = panicAt === undefined ? 0 : Math.max(memory.maxPanicPods, stable, panic);
  const pods = panicAt === undefined ? stable : maxPanicPods;

  const decided = [...memory.decided, { at: seen.now, pods }].filter(
    ({ at }) => rules.scaleDownDelayMs > 0 && seen.now - at <= rules.scaleDownDelayMs,
  );
  return {
    pods: Math.max(pods, ...decided.map((decision) => decision.pods)),
    memory: { ...(panicAt === undefined ? {} : { panicAt }), maxPanicPods, decided },
  };
};

/** Panic ends when a stable window has passed since the last time over the threshold. */
const stillIn = (panicAt: number | undefined, windowMs: number, now: number): number | undefined =>
  panicAt !== undefined && now - panicAt <= windowMs ? panicAt : undefined;
