import { v7 as uuid } from 'uuid';
import { userSignedUp } from '../../eventing/contracts/user.ts';
import type { Role } from '../kit/actor.ts';
import type { Transact } from '../kit/inbox.ts';
import { conflict } from '../kit/problem.ts';
import type { Passwords } from './password.ts';
import { insertUser } from './store.ts';

interface Deps {
  passwords: Passwords;
  transaction: Transact;
}

export interface NewAccount {
  email: string;
  password: string;
  role: Role;
}

/** Opens an account and tells of it, both or neither. Throws 409 `email-taken`. */
export const signUp = async ({ passwords, transaction }: Deps, account: NewAccount): Promise<string> => {
  const { email, password, role } = account;
  const passwordHash = await passwords.hash(password);
  const id = uuid();
  await transaction(async (tx, publish) => {
    if (!(await insertUser(tx, { id, email, passwordHash, role })))
      throw conflict('email-taken', 'This email has an account.');
    await publish(userSignedUp, { userId: id, email });
  });
  return id;
};
