import { v7 as uuid } from 'uuid';
import { Problem } from '../kit/problem.ts';
import type { AccessToken, Signer } from './access-token.ts';
import type { Passwords } from './password.ts';
import { newRefreshToken } from './refresh-token.ts';
import type { Store } from './store.ts';

interface Deps {
  store: Store;
  passwords: Passwords;
  signer: Signer;
}

export type Tokens = AccessToken & { tokenType: 'Bearer'; refreshToken: string };

/** Opens a session. Unknown user and wrong password: the same 401 after the same work. */
export const logIn = async (
  { store, passwords, signer }: Deps,
  { email, password }: { email: string; password: string },
): Promise<Tokens> => {
  const user = await store.findUser(email);
  const matches = await passwords.matches(password, user?.passwordHash);
  if (!user || !matches)
    throw new Problem('wrong-credentials', 'Email or password is wrong.', {
      status: 401,
      title: 'Not signed in',
    });
  const session = uuid();
  const { token, hash } = newRefreshToken();
  await store.openSession(session, user.id, hash);
  return {
    ...(await signer.sign({ sub: user.id, role: user.role, session })),
    tokenType: 'Bearer',
    refreshToken: token,
  };
};
