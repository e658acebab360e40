export interface Rate {
  cores: number;
  windowMs: number;
}

const shortestMs = 1_000;

/** Processor use from ever growing sums: over the time since the sum before, which is at least a second. */
export const rates = () => {
  const known = new Map<string, { at: number; seconds: number; rate: Rate }>();

  const rateOf = (key: string, seconds: number, now: number, startedAt: number): Rate => {
    const before = known.get(key) ?? { at: startedAt, seconds: 0, rate: undefined };
    if (before.rate && now - before.at < shortestMs) return before.rate;
    const windowMs = Math.max(now - before.at, 1);
    const rate = { cores: Math.max(0, (seconds - before.seconds) / (windowMs / 1000)), windowMs };
    known.set(key, { at: now, seconds, rate });
    return rate;
  };

  return Object.assign(rateOf, {
    forgetBefore: (time: number) => {
      for (const [key, { at }] of known) if (at < time) known.delete(key);
    },
  });
};
