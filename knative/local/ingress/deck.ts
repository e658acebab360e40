import { randomInt } from 'node:crypto';
import type { RevisionKey } from '../serving/ports.ts';

export interface Target {
  revision: RevisionKey;
  /** Whole percent; all of a host's make 100. */
  percent: number;
}

/**
 * Chooses by share: a deck with a card for every percent, shuffled anew each time it is used up. So shares are exact over
 * every hundred, as no dice are, and follow no pattern that callers could fall in step with, as taking turns does.
 */
export const createDeck = (targets: readonly Target[]): (() => RevisionKey | undefined) => {
  const shares = targets.filter(({ percent }) => percent > 0);
  const only = shares.length === 1 ? shares[0]?.revision : undefined;
  if (only) return () => only;
  const cards = shares.flatMap(({ revision, percent }) => Array<RevisionKey>(percent).fill(revision));
  let left = 0;
  return () => {
    if (left === 0) {
      shuffle(cards);
      left = cards.length;
    }
    return cards[--left];
  };
};

const shuffle = <T>(cards: T[]): void => {
  for (let i = cards.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [cards[i], cards[j]] = [cards[j] as T, cards[i] as T];
  }
};
