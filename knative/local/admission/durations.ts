const units: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Go's time.ParseDuration (`1h15m30.5s`) in milliseconds; undefined where it is none. */
export const parseGoDuration = (text: string): number | undefined => {
  const [, sign, body] = /^([-+]?)(.*)$/s.exec(text) ?? [];
  if (body === '0') return 0;
  if (!body || !/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body)) return undefined;
  let ms = 0;
  for (const [, number, unit] of body.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    ms += Number(number) * (units[unit ?? ''] ?? 0);
  }
  return sign === '-' ? -ms : ms;
};

const period =
  /^([-+]?)P(?!$)(\d+(?:[.,]\d+)?Y)?(\d+(?:[.,]\d+)?M)?(\d+(?:[.,]\d+)?W)?(\d+(?:[.,]\d+)?D)?(?:T(?=\d)(\d+(?:[.,]\d+)?H)?(\d+(?:[.,]\d+)?M)?(\d+(?:[.,]\d+)?S)?)?$/;
const periodUnits = [31_556_952_000, 2_629_746_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1_000];

/** An ISO 8601 duration (`PT0.2S`) in milliseconds, years and months by their mean; undefined where it is none. */
export const parseIsoDuration = (text: string): number | undefined => {
  const [, sign, ...parts] = period.exec(text) ?? [];
  if (sign === undefined) return undefined;
  const ms = parts.reduce(
    (sum, part, index) =>
      sum + (part ? Number.parseFloat(part.replace(',', '.')) * (periodUnits[index] ?? 0) : 0),
    0,
  );
  return sign === '-' ? -ms : ms;
};
