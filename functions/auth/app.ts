import type { JSONWebKeySet } from 'jose';
import type { Base } from '../kit/base.ts';
import { clientOf } from '../kit/client-address.ts';
import { createFunction } from '../kit/function.ts';
import type { Transact } from '../kit/inbox.ts';
import type { Verify } from '../kit/verify.ts';
import type { Signer } from './access-token.ts';
import type { FirstOperator } from './first-operator.ts';
import { publicKeys } from './key-set.ts';
import { logIn } from './log-in.ts';
import { logOut } from './log-out.ts';
import { operations } from './operations.ts';
import type { Passwords } from './password.ts';
import { refresh } from './refresh.ts';
import { signUp } from './sign-up.ts';
import type { Store } from './store.ts';
import type { Throttle } from './throttle.ts';
import { validateToken } from './validate-token.ts';

export interface Deps {
  base: Base & { verify: Verify };
  store: Store;
  transaction: Transact;
  passwords: Passwords;
  signer: Signer;
  throttle: Throttle;
  operator: FirstOperator;
  /** The published key set. */
  keys: () => Promise<JSONWebKeySet>;
}

const unkept = { 'cache-control': 'no-store' };

export const createApp = ({
  base,
  store,
  transaction,
  passwords,
  signer,
  throttle,
  operator,
  keys,
}: Deps) => {
  const fn = createFunction(base);

  fn.on(operations.signUp, async ({ body, c }) => {
    await operator.beforeUseOf(body.email);
    const userId = await signUp({ passwords, transaction }, { ...body, role: 'customer' });
    return c.json({ userId }, 201);
  });

  fn.on(operations.logIn, async ({ body, c }) => {
    await operator.beforeUseOf(body.email);
    const address = clientOf(c.req.header('x-forwarded-for'));
    return c.json(await logIn({ store, passwords, signer, throttle }, { ...body, address }), 200, unkept);
  });

  fn.on(operations.refresh, async ({ body, c }) =>
    c.json(await refresh({ store, signer }, body.refreshToken), 200, unkept),
  );

  fn.on(operations.logOut, async ({ actor, body, c }) => {
    await logOut(store, actor, body?.refreshToken);
    return c.body(null, 204);
  });

  fn.on(operations.validate, async ({ body, c }) =>
    c.json(await validateToken({ verify: base.verify, store }, body.token), 200, unkept),
  );

  fn.on(operations.keys, async ({ c }) =>
    c.json(publicKeys(await keys()), 200, { 'cache-control': 'max-age=300' }),
  );

  return fn.app;
};

export type App = ReturnType<typeof createApp>;
