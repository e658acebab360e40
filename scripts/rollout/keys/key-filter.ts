/** Ids end in random hexadecimal digits: the last two of a key make 256 lots. */
const lots = 256;

/** How many lots are nearest to a share of the keys; never none. */
export const lotsOf = (percent: number): number => Math.max(1, Math.round((lots * percent) / 100));

/** CESQL that is true for keys of the first `count` lots: a greater count has all keys of a smaller one. */
export const keysWithin = (count: number): string => {
  const endings = Array.from({ length: count }, (_, lot) => `'${lot.toString(16).padStart(2, '0')}'`);
  return `EXISTS partitionkey AND LOWER(RIGHT(partitionkey, 2)) IN (${endings.join(', ')})`;
};
