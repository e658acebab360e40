import type { Actor } from './actor.ts';
import type { Access } from './operation.ts';
import { Problem } from './problem.ts';
import type { Verify } from './verify.ts';

// RFC 6750 §2.1: the scheme's name in any case, one token.
const bearerPattern = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i;

const unauthenticated = (detail: string, challenge: string) =>
  new Problem('unauthenticated', detail, { headers: { 'www-authenticate': challenge } });

/** The signed-in actor of an Authorization header with the access asked for. Throws 401 and 403 (RFC 6750 §3). */
export const identify = async (
  header: string | undefined,
  access: Access,
  verify: Verify,
): Promise<Actor> => {
  if (!header) throw unauthenticated('This needs a bearer token.', 'Bearer realm="kagari"');
  const token = bearerPattern.exec(header)?.[1];
  const actor = token && (await verify(token));
  if (!actor)
    throw unauthenticated('The token is not valid here.', 'Bearer realm="kagari", error="invalid_token"');
  if (access === 'operator' && actor.role !== 'operator')
    throw new Problem('forbidden', 'This needs the role operator.', {
      headers: { 'www-authenticate': 'Bearer realm="kagari", error="insufficient_scope"' },
    });
  return actor;
};
