import { SpecError } from './types.ts';

const form =
  /^P(?=.)(?:(\d+(?:[.,]\d+)?)Y)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)W)?(?:(\d+(?:[.,]\d+)?)D)?(?:T(?=.)(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?$/;
const day = 86_400_000;
// A year and a month as Knative's parser takes them: the mean of 400 years.
const units = [365.2425 * day, 30.436875 * day, 7 * day, day, 3_600_000, 60_000, 1_000];

/** Milliseconds of an ISO 8601 duration: `PT0.2S`. Throws SpecError that names `path`. */
export const parseDuration = (path: string, text: string): number => {
  const parts = form.exec(text)?.slice(1);
  if (!parts) throw new SpecError(path, `"${text}" is no ISO 8601 duration such as PT0.2S`);
  return parts.reduce(
    (sum, part, i) => sum + (part === undefined ? 0 : Number(part.replace(',', '.')) * (units[i] ?? 0)),
    0,
  );
};
