/** Numbers below 1 that a seed decides. */
export type Random = () => number;

/** A small generator with a seed (mulberry32), and a name: each part of a run draws from its own. */
export const seeded = (seed: number, name: string): Random => {
  let state = seed;
  for (const letter of name) state = Math.imul(state ^ letter.charCodeAt(0), 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
};

export const pickFrom = <T>(random: Random, from: readonly T[]): T =>
  from[Math.floor(random() * from.length)] as T;
