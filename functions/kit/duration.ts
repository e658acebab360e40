const pattern = /^P(?!$)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const unitsMs = [86_400_000, 3_600_000, 60_000, 1_000];

/** Milliseconds of an ISO 8601 duration of days and smaller, `PT15M`; undefined for anything else. */
export const durationMs = (text: string): number | undefined => {
  const parts = pattern.exec(text)?.slice(1);
  return parts?.reduce((ms, part, i) => ms + Number(part ?? 0) * (unitsMs[i] ?? 0), 0);
};
