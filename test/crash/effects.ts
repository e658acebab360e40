import postgres from 'postgres';

export interface Effects {
  status: string | undefined;
  /** Status changes, in order. */
  history: string[];
  captures: number;
  mails: number;
  /** Distinct events of each type that were published about it. */
  events: Record<string, number>;
}

/** What an order has caused, read where each function keeps it. */
export const effectsOf = async (url: string, orderId: string): Promise<Effects> => {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const [order] = await sql`select status from orders.orders where id = ${orderId}`;
    const history = await sql`select status from orders.history where order_id = ${orderId} order by at`;
    const [charge] = await sql`
      select coalesce(sum(captures), 0)::int as captures from bank.charges
      where payment_id in (select id from payments.payments where order_id = ${orderId})`;
    const mails = await sql`select 1 from notifications.mails where about = ${orderId}`;
    const events = await sql`
      select type, count(distinct event->>'id')::int as count from events.outbox
      where partition_key = ${orderId} or event->>'partitionkey' = ${orderId} group by type order by type`;
    return {
      status: order?.status,
      history: history.map(({ status }) => status),
      captures: charge?.captures,
      mails: mails.length,
      events: Object.fromEntries(events.map(({ type, count }) => [type, count])),
    };
  } finally {
    await sql.end({ timeout: 1 });
  }
};

export const paidOnce: Effects = {
  status: 'paid',
  history: ['pending', 'paid'],
  captures: 1,
  mails: 1,
  events: {
    'dev.kagari.notification.sent.v1': 1,
    'dev.kagari.order.paid.v1': 1,
    'dev.kagari.order.placed.v1': 1,
    'dev.kagari.payment.initiated.v1': 1,
    'dev.kagari.payment.succeeded.v1': 1,
  },
};
