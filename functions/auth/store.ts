import { and, eq, isNull, lt, sql } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { refreshTokens, sessions, users } from '../../db/schema/auth.ts';
import type { Role } from '../kit/actor.ts';
import type { Transaction } from '../kit/inbox.ts';
import { refreshTokenDays } from './refresh-token.ts';

export interface User {
  id: string;
  email: string;
  passwordHash: string;
  role: Role;
}

/** A refresh token with its sign-in and user, as they stand. */
export interface FoundToken {
  session: string;
  userId: string;
  role: Role;
  state: 'good' | 'used' | 'expired' | 'revoked';
}

export type Store = ReturnType<typeof createStore>;

const expiry = sql`now() + make_interval(days => ${refreshTokenDays})`;

export const createStore = (db: PostgresJsDatabase) => ({
  async findUser(email: string): Promise<User | undefined> {
    const [user] = await db.select().from(users).where(eq(users.email, email));
    return user;
  },

  /** A new sign-in with its first refresh token; what has expired of the user's earlier ones goes. */
  openSession: (id: string, userId: string, hash: Buffer): Promise<void> =>
    db.transaction(async (tx) => {
      await tx.insert(sessions).values({ id, userId });
      await tx.insert(refreshTokens).values({ hash, sessionId: id, expiresAt: expiry });
      await dropExpired(tx, userId);
    }),

  /**
   * Runs work on a refresh token while nobody else can use it: both rows are locked, or one of two readers would still
   * see an unused token. Undefined: there is no such token.
   */
  withToken: <T>(
    hash: Buffer,
    work: (found: FoundToken | undefined, tx: Transaction) => Promise<T>,
  ): Promise<T> =>
    db.transaction(async (tx) => {
      const [row] = await tx.execute<FoundToken & Record<string, unknown>>(sql`
        select s.id as session, u.id as "userId", u.role,
          case
            when s.revoked_at is not null then 'revoked'
            when t.used_at is not null then 'used'
            when t.expires_at <= now() then 'expired'
            else 'good'
          end as state
        from ${refreshTokens} t
        join ${sessions} s on s.id = t.session_id
        join ${users} u on u.id = s.user_id
        where t.hash = ${hash}
        for update of t, s`);
      return work(row, tx);
    }),

  async isOpen(session: string): Promise<boolean> {
    const rows = await db
      .select({ id: sessions.id })
      .from(sessions)
      .where(and(eq(sessions.id, session), isNull(sessions.revokedAt)));
    return rows.length > 0;
  },

  revoke: (session: string, userId: string): Promise<void> => revokeSession(db, session, userId),
});

/** False where the email is taken. */
export const insertUser = async (tx: Transaction, user: User): Promise<boolean> => {
  const inserted = await tx
    .insert(users)
    .values(user)
    .onConflictDoNothing({ target: users.email })
    .returning({ id: users.id });
  return inserted.length > 0;
};

export const rotateToken = async (
  tx: Transaction,
  session: string,
  used: Buffer,
  next: Buffer,
): Promise<void> => {
  await tx.update(refreshTokens).set({ usedAt: sql`now()` }).where(eq(refreshTokens.hash, used));
  await tx.insert(refreshTokens).values({ hash: next, sessionId: session, expiresAt: expiry });
};

export const revokeSession = async (
  tx: Transaction | PostgresJsDatabase,
  session: string,
  userId: string,
): Promise<void> => {
  await tx
    .update(sessions)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(sessions.id, session), eq(sessions.userId, userId), isNull(sessions.revokedAt)));
};

// A session without a living token can neither be used nor be stolen.
const dropExpired = async (tx: Transaction, userId: string): Promise<void> => {
  await tx
    .delete(sessions)
    .where(
      and(
        eq(sessions.userId, userId),
        lt(sessions.createdAt, sql`now() - make_interval(days => ${refreshTokenDays})`),
        sql`not exists (select 1 from ${refreshTokens} t where t.session_id = ${sessions.id} and t.expires_at > now())`,
      ),
    );
};
