const bucketMs = 1_000;

/** What a revision has to do, second by second, over its stable window. Times are milliseconds of one steady clock. */
export interface Load {
  /** Requests waiting or in hand. */
  readonly concurrency: number;
  enter(now: number): void;
  exit(now: number): void;
  /**
   * Averages over the last `windowMs`, at most the stable window: requests at once, and requests a second. A load that began
   * within the window is averaged since it began, as Knative does it. Undefined where there was none for a window.
   */
  average(windowMs: number, now: number): { concurrency: number; rps: number } | undefined;
  /** When the last request ended; `now` while there is one, undefined where there never was. */
  lastBusy(now: number): number | undefined;
}

export const createLoad = (windowMs: number): Load => {
  // The current second, which has only begun, beside a whole window.
  const size = Math.ceil(windowMs / bucketMs) + 1;
  const busy = new Float64Array(size);
  const arrived = new Float64Array(size);
  let concurrency = 0;
  let last = 0;
  let since: number | undefined;
  let ended: number | undefined;

  const slot = (second: number) => second % size;
  const second = (at: number) => Math.floor(at / bucketMs);

  /** Writes down what went on since the last call. */
  const advance = (now: number) => {
    if (second(now) - second(last) >= size) last = (second(now) - size) * bucketMs;
    while (second(last) < second(now)) {
      const end = (second(last) + 1) * bucketMs;
      busy[slot(second(last))] = (busy[slot(second(last))] ?? 0) + concurrency * (end - last);
      last = end;
      busy[slot(second(last))] = 0;
      arrived[slot(second(last))] = 0;
    }
    busy[slot(second(now))] = (busy[slot(second(now))] ?? 0) + concurrency * (now - last);
    last = now;
  };

  return {
    get concurrency() {
      return concurrency;
    },
    enter(now) {
      advance(now);
      if (concurrency === 0 && (ended === undefined || now - ended > windowMs)) since = now;
      concurrency++;
      arrived[slot(second(now))] = (arrived[slot(second(now))] ?? 0) + 1;
    },
    exit(now) {
      advance(now);
      concurrency--;
      ended = now;
    },
    average(window, now) {
      if (since === undefined || (concurrency === 0 && now - (ended ?? 0) > windowMs)) return undefined;
      advance(now);
      const first = Math.max(second(now - window) + 1, second(since));
      let area = 0;
      let count = 0;
      for (let at = first; at <= second(now); at++) {
        area += busy[slot(at)] ?? 0;
        count += arrived[slot(at)] ?? 0;
      }
      const covered = Math.max(bucketMs, now - Math.max(first * bucketMs, since));
      return { concurrency: area / covered, rps: (count * 1000) / covered };
    },
    lastBusy: (now) => (concurrency > 0 ? now : ended),
  };
};
