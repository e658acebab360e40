import { nothing, type Pair, type Side, since, sum } from './verdict/side.ts';

/** Adds up what two revisions answered from now on, across counters that begin anew; the stable one's past counts, too, where so said. */
export const createTally = (stablePast: boolean) => {
  let before: Pair | undefined;
  let all: Pair = { stable: nothing, candidate: nothing };
  return {
    add(stable: Side, candidate: Side): Pair {
      if (before) {
        const gained = {
          stable: since(before.stable, stable),
          candidate: since(before.candidate, candidate),
        };
        // Where one has lost its past, the other's gain would stand beside nothing.
        if (gained.stable && gained.candidate)
          all = { stable: sum(all.stable, gained.stable), candidate: sum(all.candidate, gained.candidate) };
      } else if (stablePast) all = { ...all, stable };
      before = { stable, candidate };
      return all;
    },
    pair: (): Pair => all,
  };
};
