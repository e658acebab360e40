import type * as fc from 'fast-check';
import type { Draft } from './request.ts';

/** One thing wrong, or odd, with a request that was right. */
export interface Mutation {
  name: string;
  /** Whether there is something to change. */
  fits(draft: Draft): boolean;
  change(draft: Draft): fc.Arbitrary<Partial<Draft>>;
}
