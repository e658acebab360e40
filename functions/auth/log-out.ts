import type { Actor } from '../kit/actor.ts';
import { hashOf } from './refresh-token.ts';
import { revokeSession, type Store } from './store.ts';

/** Ends the bearer's session, and that of a refresh token of the same user. Again: nothing more happens. */
export const logOut = async (store: Store, actor: Actor, refreshToken: string | undefined): Promise<void> => {
  if (actor.session) await store.revoke(actor.session, actor.id);
  if (refreshToken)
    await store.withToken(hashOf(refreshToken), async (found, tx) => {
      if (found) await revokeSession(tx, found.session, actor.id);
    });
};
