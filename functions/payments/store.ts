import { and, asc, eq, sql as fragment, isNull, lte, min } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { Sql } from 'postgres';
import { cancellations, history, payments } from '../../db/schema/payments.ts';
import type { Payment } from './payment.ts';

export type Store = ReturnType<typeof createStore>;
export type NewPayment = Pick<Payment, 'id' | 'orderId' | 'userId' | 'amount' | 'currency' | 'token'>;

export interface CancelledPayment {
  orderId: string;
  paymentId: string;
  status: Payment['status'];
}

/** What the end of a payment depends on, read together. */
export interface Standing extends Pick<Payment, 'status' | 'orderId' | 'userId' | 'amount' | 'currency'> {
  /** It is known that the bank has the charge. */
  accepted: boolean;
  orderCancelled: boolean;
  /** The webhook was seen before. */
  seen: boolean;
}

export interface Opening {
  deadlineAt: Date;
  /** Its order was cancelled before. */
  cancelled: boolean;
}

/** What payments reads, and opens, outside of the transactions that settle. */
export const createStore = ({ sql, db }: { sql: Sql; db: PostgresJsDatabase }) => {
  const id = fragment.placeholder('id');
  const byId = db.select().from(payments).where(eq(payments.id, id)).prepare('payment_by_id');
  const byOrder = db.select().from(payments).where(eq(payments.orderId, id)).prepare('payment_by_order');
  const steps = db
    .select({ status: history.status, at: history.at })
    .from(history)
    .where(eq(history.paymentId, id))
    .orderBy(asc(history.at))
    .prepare('payment_history');
  const overdue = db
    .select({ id: payments.id })
    .from(payments)
    .where(and(eq(payments.status, 'initiated'), lte(payments.deadlineAt, fragment`now()`)))
    .orderBy(asc(payments.deadlineAt))
    .limit(fragment.placeholder('limit'))
    .prepare('payments_overdue');
  const cancelled = db
    .select({ orderId: payments.orderId, paymentId: payments.id, status: payments.status })
    .from(cancellations)
    .innerJoin(payments, eq(payments.orderId, cancellations.orderId))
    .where(isNull(cancellations.endedAt))
    .orderBy(asc(cancellations.at))
    .limit(fragment.placeholder('limit'))
    .prepare('payments_cancelled');
  const deadline = db
    .select({ next: min(payments.deadlineAt) })
    .from(payments)
    .where(eq(payments.status, 'initiated'))
    .prepare('payments_next_deadline');

  return {
    /** Makes the order's payment; undefined when the order has one already. */
    async open(payment: NewPayment, deadlineMs: number): Promise<Opening | undefined> {
      const [row] = await sql<[{ deadline_at: string | Date; cancelled: boolean }?]>`
        with payment as (
          insert into payments.payments (id, order_id, user_id, amount, currency, token, deadline_at)
          values (
            ${payment.id}, ${payment.orderId}, ${payment.userId}, ${payment.amount}, ${payment.currency},
            ${payment.token}, now() + ${deadlineMs}::float8 * interval '1 ms')
          on conflict (order_id) do nothing
          returning id, status, deadline_at
        ), entry as (
          insert into payments.history (payment_id, status) select id, status from payment
        )
        select deadline_at, exists (
          select from payments.cancellations where order_id = ${payment.orderId}) as cancelled
        from payment`;
      return row && { deadlineAt: new Date(row.deadline_at), cancelled: row.cancelled };
    },
    async standing(paymentId: string, webhookId: string | null): Promise<Standing | undefined> {
      const [row] = await sql<[StandingRow?]>`
        select status, order_id, user_id, amount, currency, accepted_at is not null as accepted,
          exists (select from payments.cancellations where order_id = payment.order_id) as order_cancelled,
          exists (select from payments.webhooks where id = ${webhookId}) as seen
        from payments.payments as payment where id = ${paymentId}`;
      if (!row) return undefined;
      const { order_id, user_id, amount, order_cancelled, ...rest } = row;
      return {
        ...rest,
        orderId: order_id,
        userId: user_id,
        amount: Number(amount),
        orderCancelled: order_cancelled,
      };
    },
    async noteWebhook(webhookId: string): Promise<void> {
      await sql`insert into payments.webhooks (id) values (${webhookId}) on conflict do nothing`;
    },
    find: async (paymentId: string): Promise<Payment | undefined> =>
      (await byId.execute({ id: paymentId }))[0],
    findByOrder: async (orderId: string): Promise<Payment | undefined> =>
      (await byOrder.execute({ id: orderId }))[0],
    history: (paymentId: string) => steps.execute({ id: paymentId }),
    overdue: async (limit: number): Promise<string[]> =>
      (await overdue.execute({ limit })).map((payment) => payment.id),
    /** Payments of cancelled orders that have something to end, with their orders. */
    cancelled: (limit: number): Promise<CancelledPayment[]> => cancelled.execute({ limit }),
    nextDeadline: async (): Promise<Date | undefined> => (await deadline.execute())[0]?.next ?? undefined,
  };
};

interface StandingRow extends Pick<Standing, 'status' | 'currency' | 'accepted' | 'seen'> {
  order_id: string;
  user_id: string;
  amount: string;
  order_cancelled: boolean;
}
