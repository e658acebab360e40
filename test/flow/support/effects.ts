import type { Sql } from 'postgres';

export interface Effects {
  status: string;
  orderSteps: string[];
  payments: number;
  paymentStatus: string | null;
  paymentSteps: string[];
  charges: number;
  captures: number;
  refunds: number;
  /** Cancellations that payments has not ended. */
  openCancellations: number;
  orderMails: string[];
  /** Types of the events about the order, its payment and its mail, each as often as it was published. */
  events: string[];
  unpublished: number;
}

/** Everything that an order has caused, read from all functions' tables at once. */
export const effectsOf = async (sql: Sql, orderId: string): Promise<Effects> => {
  const [row] = await sql<[{ effects: Effects }]>`
    with payment as (select * from payments.payments where order_id = ${orderId}),
    event as (
      select type, published_at from events.outbox
      where partition_key = ${orderId} and event->>'kagariredrive' is null
    )
    select json_build_object(
      'status', (select status from orders.orders where id = ${orderId}),
      'orderSteps', (select json_agg(status order by at) from orders.history where order_id = ${orderId}),
      'payments', (select count(*) from payment),
      'paymentStatus', (select status from payment),
      'paymentSteps', coalesce((select json_agg(h.status order by h.at) from payments.history h
        join payment on payment.id = h.payment_id), '[]'),
      'charges', (select count(*) from bank.charges where payment_id in (select id from payment)),
      'captures', (select coalesce(sum(captures), 0) from bank.charges where payment_id in (select id from payment)),
      'refunds', (select coalesce(sum(refunds), 0) from bank.charges where payment_id in (select id from payment)),
      'openCancellations', (select count(*) from payments.cancellations
        where order_id = ${orderId} and ended_at is null),
      'orderMails', coalesce(
        (select json_agg(type order by type) from notifications.mails where about = ${orderId}), '[]'),
      'events', coalesce((select json_agg(type order by type) from event), '[]'),
      'unpublished', (select count(*) from event where published_at is null)
    ) as effects`;
  return row.effects;
};

/** How an order went: whether the bank captured, the order was paid, and its customer cancelled it. */
export interface Course {
  captured: boolean;
  paid: boolean;
  cancelled: boolean;
}

/** The course that the effects tell of, where nothing went wrong; only the customer knows whether it was cancelled. */
export const courseOf = ({ captures, orderSteps }: Effects, cancelled: boolean): Course => {
  const captured = captures > 0;
  return { captured, paid: captured && (!cancelled || orderSteps.includes('paid')), cancelled };
};

/**
 * What an order of that course must have caused in the end: all once, a capture exactly where it is paid, and where it is
 * cancelled each capture's refund.
 */
export const wholeEffects = ({ captured, paid, cancelled }: Course): Effects => {
  const ends = [...(paid ? ['paid'] : []), ...(cancelled ? ['cancelled'] : [])];
  const orderEnds = ends.length > 0 ? ends : ['failed'];
  const paymentEnds = captured ? ['succeeded', ...(cancelled ? ['refunded'] : [])] : ['failed'];
  return {
    status: orderEnds.at(-1) ?? '',
    orderSteps: ['pending', ...orderEnds],
    payments: 1,
    paymentStatus: paymentEnds.at(-1) ?? '',
    paymentSteps: ['initiated', ...paymentEnds],
    charges: 1,
    captures: captured ? 1 : 0,
    refunds: captured && cancelled ? 1 : 0,
    openCancellations: 0,
    orderMails: orderEnds.map((end) => `order-${end}`).sort(),
    events: [
      'dev.kagari.order.placed.v1',
      'dev.kagari.payment.initiated.v1',
      ...orderEnds.map((end) => `dev.kagari.order.${end}.v1`),
      ...orderEnds.map(() => 'dev.kagari.notification.sent.v1'),
      ...paymentEnds.map((end) => `dev.kagari.payment.${end}.v1`),
    ].sort(),
    unpublished: 0,
  };
};

/** Charges that payments does not know of: money taken for nothing. */
export const chargesOfNoPayment = async (sql: Sql): Promise<number> => {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::int from bank.charges where payment_id not in (select id from payments.payments)`;
  return row.count;
};
