import type { Limit } from './limit.ts';

export interface Lease {
  key: string;
  limit: Limit;
  /** Requests that have passed already: taken from the bucket in any case. */
  owed: number;
  wanted: number;
}

export interface Grant {
  /** At most what was wanted. */
  granted: number;
  /** Until there is one token again. */
  waitMs: number;
}

/** Takes tokens out of a caller's bucket. */
export type Leases = (lease: Lease) => Promise<Grant>;
