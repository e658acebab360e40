import { and, asc, desc, eq, sql as fragment, lt } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { history, idempotencyKeys, orders } from '../../db/schema/orders.ts';
import { findPlaced } from './idempotency.ts';
import type { Order } from './order.ts';

export type Store = ReturnType<typeof createStore>;
export type Step = { status: string; at: Date };

/** What orders reads for its customers. */
export const createStore = (db: PostgresJsDatabase) => {
  const { placeholder } = fragment;
  const ofUser = eq(orders.userId, placeholder('userId'));
  const one = db
    .select()
    .from(orders)
    .where(and(eq(orders.id, placeholder('id')), ofUser))
    .prepare('order_of_user');
  const pending = db
    .select({ amount: orders.amount, currency: orders.currency })
    .from(orders)
    .where(and(eq(orders.id, placeholder('id')), ofUser, eq(orders.status, fragment`'pending'`)))
    .prepare('pending_order');
  const steps = db
    .select({ status: history.status, at: history.at })
    .from(history)
    .where(eq(history.orderId, placeholder('id')))
    .orderBy(asc(history.at))
    .prepare('order_history');
  const page = db
    .select()
    .from(orders)
    .where(and(ofUser, lt(orders.id, placeholder('before'))))
    .orderBy(desc(orders.id))
    .limit(placeholder('limit'))
    .prepare('orders_of_user');

  return {
    /** The user's own order with its steps. */
    async find(id: string, userId: string): Promise<{ order: Order; history: Step[] } | undefined> {
      const [[order], history] = await Promise.all([one.execute({ id, userId }), steps.execute({ id })]);
      return order && { order, history };
    },

    /** What the user's order comes to, while it is pending. */
    pendingTotal: async (id: string, userId: string) => (await pending.execute({ id, userId }))[0],

    /** Newest first, below an id. */
    list: (userId: string, before: string, limit: number): Promise<Order[]> =>
      page.execute({ userId, before, limit }),

    /** The order that a user's key has placed, with the fingerprint of its request. */
    placed: (userId: string, key: string) => findPlaced(db, { userId, key }),

    async forgetExpiredKeys(): Promise<void> {
      await db.delete(idempotencyKeys).where(lt(idempotencyKeys.expiresAt, fragment`now()`));
    },
  };
};
