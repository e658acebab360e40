import type { Sql } from 'postgres';

export interface Effects {
  status: string;
  orderSteps: string[];
  payments: number;
  paymentStatus: string | null;
  paymentSteps: string[];
  charges: number;
  captures: number;
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
      'orderMails', coalesce((select json_agg(type) from notifications.mails where about = ${orderId}), '[]'),
      'events', coalesce((select json_agg(type order by type) from event), '[]'),
      'unpublished', (select count(*) from event where published_at is null)
    ) as effects`;
  return row.effects;
};

/** What an order must have caused in the end: all once, and a capture exactly where it is paid. */
export const wholeEffects = (paid: boolean): Effects => ({
  status: paid ? 'paid' : 'failed',
  orderSteps: ['pending', paid ? 'paid' : 'failed'],
  payments: 1,
  paymentStatus: paid ? 'succeeded' : 'failed',
  paymentSteps: ['initiated', paid ? 'succeeded' : 'failed'],
  charges: 1,
  captures: paid ? 1 : 0,
  orderMails: [paid ? 'order-paid' : 'order-failed'],
  events: [
    'dev.kagari.notification.sent.v1',
    paid ? 'dev.kagari.order.paid.v1' : 'dev.kagari.order.failed.v1',
    'dev.kagari.order.placed.v1',
    'dev.kagari.payment.initiated.v1',
    paid ? 'dev.kagari.payment.succeeded.v1' : 'dev.kagari.payment.failed.v1',
  ].sort(),
  unpublished: 0,
});

/** Charges that payments does not know of: money taken for nothing. */
export const chargesOfNoPayment = async (sql: Sql): Promise<number> => {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::int from bank.charges where payment_id not in (select id from payments.payments)`;
  return row.count;
};
