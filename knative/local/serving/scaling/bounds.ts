import type { Scaling } from '../ports.ts';

export interface Bounds {
  /** Some route leads to it: a revision that none reaches needs no least number. */
  reachable: boolean;
  /** Its first pods have been ready. */
  proven: boolean;
}

/** Between min-scale and max-scale; until a revision is proven at least its initial scale. 0 as a maximum is no limit. */
export const bounded = (pods: number, scaling: Scaling, { reachable, proven }: Bounds): number => {
  const least = Math.max(reachable ? scaling.minScale : 0, reachable && !proven ? scaling.initialScale : 0);
  return Math.min(Math.max(pods, least), scaling.maxScale > 0 ? scaling.maxScale : Number.POSITIVE_INFINITY);
};

/**
 * Zero waits: for the stable window without a request, and then for the grace or, where it is longer and the revision
 * can be reached, the last pod's retention. Until then one pod stays.
 */
export const zeroAllowed = (
  { windowMs, retentionMs }: Scaling,
  { quietMs, graceMs, reachable }: { quietMs: number; graceMs: number; reachable: boolean },
): boolean => quietMs >= windowMs + Math.max(graceMs, reachable ? retentionMs : 0);
