import { badRequest, StatusError } from '../../store/status-error.ts';
import type { KubeObject } from '../../store/types.ts';
import { isObject } from '../patch/json.ts';

/** A list as it stood at one resourceVersion, and where to go on in it. */
export interface Snapshot {
  revision: string;
  objects: readonly KubeObject[];
}

export interface Pages {
  /** Keeps the list for its next pages and answers the token that goes on after `next` objects. */
  keep(scope: string, snapshot: Snapshot, next: number): string;
  /** The list a token stands for and where to go on; throws Expired where it is kept no longer. */
  resume(scope: string, token: string): { snapshot: Snapshot; next: number };
}

const lifeMs = 5 * 60_000;

/** The newest lists of which a page was left, so that all pages are of one moment. Objects are shared, not copied. */
export const createPages = (limit = 64): Pages => {
  const kept = new Map<string, { snapshot: Snapshot; until: number }>();
  return {
    keep: (scope, snapshot, next) => {
      const key = `${scope}@${snapshot.revision}`;
      kept.delete(key);
      kept.set(key, { snapshot, until: Date.now() + lifeMs });
      for (const [old, { until }] of kept) if (kept.size > limit || until < Date.now()) kept.delete(old);
      return Buffer.from(JSON.stringify({ v: 1, rv: snapshot.revision, next })).toString('base64url');
    },
    resume: (scope, token) => {
      const { rv, next } = parse(token);
      const found = kept.get(`${scope}@${rv}`);
      if (!found || found.until < Date.now())
        throw new StatusError(
          'Expired',
          'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.',
        );
      return { snapshot: found.snapshot, next };
    },
  };
};

const parse = (token: string): { rv: string; next: number } => {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (
      isObject(value) &&
      typeof value.rv === 'string' &&
      Number.isSafeInteger(value.next) &&
      Number(value.next) >= 0
    )
      return { rv: value.rv, next: Number(value.next) };
  } catch {}
  throw badRequest('continue key is not valid');
};
