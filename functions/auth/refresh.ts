import { Problem } from '../kit/problem.ts';
import type { Signer } from './access-token.ts';
import type { Tokens } from './log-in.ts';
import { hashOf, newRefreshToken } from './refresh-token.ts';
import { revokeSession, rotateToken, type Store } from './store.ts';

/** New tokens for a refresh token, which is used up. A used one is a stolen one, or its thief's: its session ends. */
export const refresh = async (
  { store, signer }: { store: Store; signer: Signer },
  refreshToken: string,
): Promise<Tokens> => {
  const used = hashOf(refreshToken);
  const next = newRefreshToken();
  // The refusal is thrown outside of the transaction, which must keep the revocation.
  const renewed = await store.withToken(used, async (found, tx) => {
    if (found?.state === 'used') await revokeSession(tx, found.session, found.userId);
    if (found?.state !== 'good') return undefined;
    await rotateToken(tx, found.session, used, next.hash);
    return found;
  });
  if (!renewed)
    throw new Problem('invalid-refresh-token', 'The refresh token is not valid.', {
      status: 401,
      title: 'Not signed in',
    });
  const { userId: sub, role, session } = renewed;
  return { ...(await signer.sign({ sub, role, session })), tokenType: 'Bearer', refreshToken: next.token };
};
