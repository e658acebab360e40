/** Which records of one partition are in hand, and up to where all are done: what may be committed. */
export interface InFlight {
  /** The first offset not done: everything below it is. */
  readonly committable: bigint;
  /** Records begun and not done. */
  readonly size: number;
  /** How far beyond `committable` records have been begun. */
  readonly span: number;
  /** Offsets begin in order; those left out, which the log no longer has, count as done. */
  begin(offset: bigint): void;
  finish(offset: bigint): void;
  /** Everything below `offset` is gone from the log. */
  skipTo(offset: bigint): void;
}

export const createInFlight = (start: bigint): InFlight => {
  let next = start;
  // In order of offset, since records begin in order: its first key is the first record not done.
  const begun = new Set<bigint>();
  const committable = () => {
    for (const first of begun) return first;
    return next;
  };
  return {
    get committable() {
      return committable();
    },
    get size() {
      return begun.size;
    },
    get span() {
      return Number(next - committable());
    },
    begin(offset) {
      if (offset < next) throw new RangeError(`offset ${offset} begins after ${next - 1n}`);
      begun.add(offset);
      next = offset + 1n;
    },
    finish(offset) {
      begun.delete(offset);
    },
    skipTo(offset) {
      if (offset > next) next = offset;
    },
  };
};
