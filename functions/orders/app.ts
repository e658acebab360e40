import { paymentFailed, paymentSucceeded } from '../../eventing/contracts/payment.ts';
import type { Base } from '../kit/base.ts';
import { handle } from '../kit/events.ts';
import { createFunction } from '../kit/function.ts';
import type { Inbox, Transact, Write } from '../kit/inbox.ts';
import { pageOf, startOf } from '../kit/page.ts';
import { notFound } from '../kit/problem.ts';
import { cancelOrder } from './cancel-order.ts';
import type { Catalog } from './catalog.ts';
import { operations } from './operations.ts';
import type { Order } from './order.ts';
import { placeOrder } from './place-order.ts';
import { settleOrder } from './settle-order.ts';
import type { Store } from './store.ts';

export interface Deps {
  base: Base;
  store: Store;
  catalog: Catalog;
  outbox: Inbox & { transaction: Transact; write: Write };
}

export const createApp = ({ base, store, catalog, outbox }: Deps) => {
  const fn = createFunction(base);

  fn.on(operations.listCatalog, async ({ c }) => {
    const products = [...(await catalog()).values()];
    return c.json(
      products.map(({ sku, name, amount, currency }) => ({ sku, name, price: { amount, currency } })),
    );
  });

  fn.on(operations.placeOrder, async ({ c, actor, headers, body }) => {
    const products = await catalog();
    const placing = { userId: actor.id, key: headers['idempotency-key'], request: body };
    const { order, replayed } = await placeOrder(outbox.write, store, products, placing);
    const location = `/orders/${order.id}`;
    return c.json(order, 201, replayed ? { location, 'idempotent-replayed': 'true' } : { location });
  });

  fn.on(operations.listOrders, async ({ c, actor, query }) => {
    const { items, nextCursor } = pageOf(await store.list(actor.id, startOf(query), query.limit + 1), query);
    return c.json({ items: items.map(summary), nextCursor });
  });

  fn.on(operations.getOrder, async ({ c, actor, params }) => {
    const found = await store.find(params.id, actor.id);
    if (!found) throw notFound();
    const history = found.history.map(({ status, at }) => ({ status, at: at.toISOString() }));
    return c.json({ ...summary(found.order), items: found.order.items, history });
  });

  fn.on(operations.cancelOrder, async ({ c, actor, params }) => {
    const cancelled = await outbox.transaction((tx, publish) =>
      cancelOrder(tx, publish, { orderId: params.id, userId: actor.id }),
    );
    return c.json(summary(cancelled), 202);
  });

  fn.events({
    outbox,
    consumer: 'orders',
    handlers: [
      handle(paymentSucceeded, ({ data, ...effects }) => settleOrder(store, effects, data)),
      handle(paymentFailed, ({ data, ...effects }) => settleOrder(store, effects, data)),
    ],
  });

  return fn.app;
};

export type App = ReturnType<typeof createApp>;

type Summarised = Pick<Order, 'id' | 'status' | 'amount' | 'currency' | 'failureReason' | 'createdAt'>;

const summary = ({ id, status, amount, currency, failureReason, createdAt }: Summarised) => ({
  id,
  status,
  total: { amount, currency },
  failureReason,
  createdAt: createdAt.toISOString(),
});
