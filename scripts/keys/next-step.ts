import type { JWK } from 'jose';
import type { KeyState } from './state.ts';

export type Step =
  | { do: 'make' }
  | { do: 'publish'; key: JWK }
  | { do: 'wait'; until: number }
  | { do: 'switch' }
  | { do: 'mark'; kids: string[] }
  | { do: 'retire'; kids: string[] };

/**
 * What comes next: a key is made and kept, published, waited for until every verifier can know it, signed with; the one
 * before is marked with when its last token will have expired, and goes after that. Each step is one write, and what to do
 * is read from what stands: whoever comes after an interruption goes on.
 */
export const nextStep = (
  { signing, next, published, marks }: KeyState,
  { begin, waitMs, now }: { begin: boolean; waitMs: number; now: number },
): Step | undefined => {
  const isPublished = (key: JWK) => published.some(({ kid, x }) => kid === key.kid && x === key.x);
  if (!isPublished(signing)) return { do: 'publish', key: signing };
  if (next) {
    const since = marks.published[kidOf(next.key)];
    if (!isPublished(next.key) || since === undefined) return { do: 'publish', key: next.key };
    const until = Date.parse(since) + waitMs;
    return now < until ? { do: 'wait', until } : { do: 'switch' };
  }
  const old = published.map(kidOf).filter((kid) => kid !== signing.kid);
  const unmarked = old.filter((kid) => marks.retire[kid] === undefined);
  if (unmarked.length > 0 || marks.rotatingTo !== undefined) return { do: 'mark', kids: unmarked };
  const due = old.filter((kid) => Date.parse(marks.retire[kid] ?? '') <= now);
  if (due.length > 0) return { do: 'retire', kids: due };
  return begin ? { do: 'make' } : undefined;
};

/** Whether a rotation was begun and not ended. */
export const isUnderWay = ({ next, marks }: KeyState): boolean =>
  next !== undefined || marks.rotatingTo !== undefined;

export const kidOf = ({ kid }: JWK): string => kid ?? '';
