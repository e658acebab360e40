import type { Role } from '../kit/actor.ts';
import type { Verify } from '../kit/verify.ts';
import type { Store } from './store.ts';

export type Validity = { active: false } | { active: true; sub: string; role: Role; exp: number };

/** As RFC 7662: of a token that is not active nothing else is said. A session that was ended is not active. */
export const validateToken = async (
  { verify, store }: { verify: Verify; store: Store },
  token: string,
): Promise<Validity> => {
  const actor = await verify(token);
  if (!actor?.session || !(await store.isOpen(actor.session))) return { active: false };
  return { active: true, sub: actor.id, role: actor.role, exp: actor.expiresAt };
};
