import type { RevisionSpec } from '../ports.ts';
import { type Bounds, bounded, zeroAllowed } from './bounds.ts';
import { decide, noMemory, panicWindowOf, targetOf } from './decide.ts';
import { createLoad } from './load.ts';

interface Standing extends Bounds {
  /** Wanted until now. */
  desired: number;
  ready: number;
  /** When the revision last left zero. */
  upSince: number;
}

/** One revision's load and what follows from it. Times are milliseconds of one steady clock. */
export const createAutoscaler = (spec: RevisionSpec, graceMs: number) => {
  const { scaling } = spec;
  const load = createLoad(scaling.windowMs);
  const panicWindowMs = panicWindowOf(scaling);
  const rules = {
    target: targetOf(spec),
    activationScale: scaling.activationScale,
    windowMs: scaling.windowMs,
    panicThreshold: scaling.panicThresholdPercentage / 100,
    scaleDownDelayMs: scaling.scaleDownDelayMs,
  };
  let memory = noMemory;

  return {
    load,
    /** Pods wanted now. */
    wanted(now: number, standing: Standing): number {
      const { desired, ready, upSince, reachable } = standing;
      const average = (windowMs: number) => load.average(windowMs, now)?.[scaling.metric] ?? 0;
      const seen = { now, ready, stable: average(scaling.windowMs), panic: average(panicWindowMs) };
      const decision = decide(rules, memory, seen);
      memory = decision.memory;
      const pods = bounded(decision.pods, scaling, standing);
      if (pods > 0) return pods;
      const quietMs = now - Math.max(load.lastBusy(now) ?? upSince, upSince);
      return zeroAllowed(scaling, { quietMs, graceMs, reachable }) ? 0 : Math.min(1, desired);
    },
  };
};

export type Autoscaler = ReturnType<typeof createAutoscaler>;
