/**
 * The partitions that `me` should read. Every member computes it from the same list: no one leads, shares differ by
 * at most one, and all partitions belong to somebody.
 */
export const shareOf = (me: number, members: readonly number[], partitions: number): Set<number> => {
  const rank = [...members].sort((a, b) => a - b).indexOf(me);
  const share = new Set<number>();
  if (rank >= 0) for (let p = rank; p < partitions; p += members.length) share.add(p);
  return share;
};
