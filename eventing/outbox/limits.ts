export interface Limits {
  /** How long a row is in the hands of who wrote or claimed it: what a crash leaves waits that long. */
  holdMs: number;
  /** Well below holdMs: a post must end before its row may be claimed by another relay. */
  postTimeoutMs: number;
  /** How long marks of what is posted are gathered: well below holdMs, and what a crash within it posts again. */
  markMs: number;
  /** Posts on their way at once. */
  concurrency: number;
  /** Rows and bytes of events in memory; more wait in the table. */
  queuedRows: number;
  queuedBytes: number;
  /** Rows claimed from the table at a time. */
  batch: number;
  /** Posts of a row in one go, before it waits for its hold to end. */
  tries: number;
  firstBackoffMs: number;
  maxBackoffMs: number;
  /** How long an event that the sink refused as such is left alone. */
  refusedMs: number;
}

export const defaultLimits: Limits = {
  holdMs: 5000,
  postTimeoutMs: 3000,
  markMs: 100,
  concurrency: 16,
  queuedRows: 1000,
  queuedBytes: 4 * 1024 * 1024,
  batch: 50,
  tries: 3,
  firstBackoffMs: 200,
  maxBackoffMs: 5000,
  refusedMs: 10 * 60_000,
};
