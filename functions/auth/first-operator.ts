import { Problem } from '../kit/problem.ts';
import { type NewAccount, signUp } from './sign-up.ts';
import type { Store } from './store.ts';

export interface FirstOperator {
  /** Resolves once the account is there; asks the database until it has been. */
  ensure(): Promise<void>;
  /** Resolves at once for every other email. */
  beforeUseOf(email: string): Promise<void>;
}

/** The account of the Secret operator-bootstrap: made where it is not, never changed where it is. */
export const createFirstOperator = (
  deps: Parameters<typeof signUp>[0] & { store: Store },
  account: Omit<NewAccount, 'role'>,
): FirstOperator => {
  let ensured: Promise<void> | undefined;

  const create = async () => {
    if (await deps.store.findUser(account.email)) return;
    try {
      await signUp(deps, { ...account, role: 'operator' });
    } catch (error) {
      // Another pod was first.
      if (!(error instanceof Problem && error.code === 'email-taken')) throw error;
    }
  };
  const ensure = () => {
    ensured ??= create().catch((error) => {
      ensured = undefined;
      throw error;
    });
    return ensured;
  };

  return { ensure, beforeUseOf: async (email) => (email === account.email ? ensure() : undefined) };
};
