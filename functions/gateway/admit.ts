import type { Actor } from '../kit/actor.ts';
import { addressBlock } from '../kit/client-address.ts';
import { identify } from '../kit/guard.ts';
import { Problem } from '../kit/problem.ts';
import type { Verify } from '../kit/verify.ts';
import type { Passage } from './allow-list.ts';
import type { Arrival } from './arrival.ts';
import { type Limits, rateLimitHeaders } from './limits/limit.ts';
import type { Limiter } from './limits/limiter.ts';

export interface AdmitOptions {
  limiter: Limiter;
  limits: Limits;
  verify: Verify;
}

export type Admission = ReturnType<typeof createAdmission>;

/** Who may come in, and how often. Throws 401, 403, 429. */
export const createAdmission = ({ limiter, limits, verify }: AdmitOptions) => {
  const count = async (name: keyof Limits, caller: string): Promise<void> => {
    const asked = limiter.take(`${name} ${caller}`, limits[name]);
    const verdict = asked instanceof Promise ? await asked : asked;
    if (!verdict) return;
    const seconds = Math.max(1, Math.ceil(verdict.waitMs / 1000));
    throw new Problem('too-many-requests', `Too many requests; the next may come in ${seconds} s.`, {
      retryAfterSeconds: seconds,
      headers: rateLimitHeaders(name, limits[name], seconds),
    });
  };

  return {
    /** A request for what anybody may have, or for nothing that there is. */
    anybody: ({ client }: Arrival): Promise<void> => count('address', addressBlock(client)),

    async passage(
      { access, limit }: Pick<Passage, 'access' | 'limit'>,
      authorization: string | undefined,
      { client }: Arrival,
    ): Promise<void> {
      if (access === 'public') return count(limit ?? 'address', addressBlock(client));
      let actor: Actor;
      try {
        actor = await identify(authorization, access, verify);
      } catch (error) {
        // Tokens cannot be tried without end either.
        await count('address', addressBlock(client));
        throw error;
      }
      await count('user', actor.id);
    },
  };
};
