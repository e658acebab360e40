import { v7 as uuid } from 'uuid';
import { Problem } from '../kit/problem.ts';
import type { AccessToken, Signer } from './access-token.ts';
import type { Passwords } from './password.ts';
import { newRefreshToken } from './refresh-token.ts';
import type { Store, User } from './store.ts';
import type { Throttle, Try } from './throttle.ts';

interface Deps {
  store: Store;
  passwords: Passwords;
  signer: Signer;
  throttle: Throttle;
}

export type Tokens = AccessToken & { tokenType: 'Bearer'; refreshToken: string };

/** Opens a session. Unknown user and wrong password: the same 401 after the same work, and in the end the same 429. */
export const logIn = async (
  { store, passwords, signer, throttle }: Deps,
  { email, password, address }: Try & { password: string },
): Promise<Tokens> => {
  let user: User | undefined;
  const matches = await passwords.matches(password, async () => {
    await throttle.take({ email, address });
    user = await store.findUser(email);
    return user?.passwordHash;
  });
  if (!user || !matches)
    throw new Problem('wrong-credentials', 'Email or password is wrong.', {
      status: 401,
      title: 'Not signed in',
    });
  await throttle.forgive({ email, address });
  const session = uuid();
  const { token, hash } = newRefreshToken();
  await store.openSession(session, user.id, hash);
  return {
    ...(await signer.sign({ sub: user.id, role: user.role, session })),
    tokenType: 'Bearer',
    refreshToken: token,
  };
};
